// Starts `resdsl lsp` and lets VS Code speak to it.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

/** @type {LanguageClient | undefined} */
let client;

async function start() {
  const [command, ...args] = workspace.getConfiguration("resdsl").get("command");
  client = new LanguageClient(
    "resdsl",
    "resdsl",
    { command, args },
    {
      documentSelector: [{ language: "res" }],
      // A used file may change on disk, too.
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.res") },
    }
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const remedy = "Install it with pip install 'resdsl[lsp]', or set resdsl.command to where it is.";
    window.showErrorMessage(`resdsl: cannot start '${[command, ...args].join(" ")}': ${error.message} ${remedy}`);
  }
}

async function restart() {
  await deactivate();
  await start();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand("resdsl.restart", restart),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("resdsl.command") && restart())
  );
  await start();
};

async function deactivate() {
  const stopping = client;
  client = undefined;
  await stopping?.stop();
}

exports.deactivate = deactivate;
