"""The language's form: text to tree (`parse`), and tree to text again (`format`). Why it has its own parser: see `parse`."""
