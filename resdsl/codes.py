"""The codes of findings that are not design rules: S (syntax), N (names and values), G (geometry)."""

from resdsl.diagnostics import Code, Severity

ERROR, WARNING = Severity.ERROR, Severity.WARNING

S001 = Code(
    "S001",
    "unexpected-token",
    ERROR,
    "The text does not follow the grammar at this place. The message says what was expected there; "
    "docs/language.md has the whole grammar.",
)
S002 = Code(
    "S002",
    "bad-number",
    ERROR,
    "A number is an integer (64, 21_797_672), a decimal (0.1), one with a suffix (64k, 1.7M, 3.66G) or with an "
    "exponent (1e-4), of at most 40 characters.",
)
S003 = Code(
    "S003",
    "unclosed-bracket",
    ERROR,
    "Every { ( [ needs its closing partner. Round and square brackets close before the next brace; "
    "the finding stands at the bracket that is left open, judged by the indentation of the lines.",
)
S004 = Code("S004", "unmatched-bracket", ERROR, "A closing } ) ] stands where nothing is open, or closes another kind.")
S005 = Code("S005", "unclosed-string", ERROR, 'A string starts and ends with " on one line.')
S006 = Code("S006", "not-text", ERROR, "A .res file is UTF-8 text.")
S007 = Code("S007", "empty-file", ERROR, "A file declares at least one block, shortcut, network or study.")
S008 = Code(
    "S008",
    "too-much",
    ERROR,
    "Files are read up to 64 KiB, 512 KiB of them with 1,000 uses together; brackets up to 100 levels, expressions up to 100 "
    "terms, derivations up to 20 steps, mistakes up to 25 a file.",
)

N001 = Code(
    "N001",
    "unknown-name",
    ERROR,
    "No layer, setting, block, shortcut, network, parameter or value of this name is known here. "
    "The nearest known name is offered where there is one.",
)
N002 = Code("N002", "duplicate", ERROR, "A name is declared once in its scope, and a setting given once.")
N003 = Code(
    "N003",
    "wrong-argument",
    ERROR,
    "A layer, block or setting got an argument that it does not take, lacks one that it needs, or got the wrong kind.",
)
N004 = Code(
    "N004",
    "value-out-of-range",
    ERROR,
    "Counts, sizes, filters and strides are positive integers; probabilities lie from 0 up to, not including, 1.",
)
N005 = Code(
    "N005", "cycle", ERROR, "Files that use each other, or networks derived from each other, never come to an end."
)
N006 = Code(
    "N006",
    "file-not-found",
    ERROR,
    "A used file is named relative to the file that uses it, exists, and lies inside the project "
    "(the nearest folder upwards with .git or pyproject.toml, else the first file's own folder).",
)
N007 = Code(
    "N007",
    "reserved-name",
    ERROR,
    "Names become attributes of modules in every backend: Python's keywords, names that start with an underscore, and "
    "what the modules of PyTorch and Flax (their Sequential too) already define cannot be used.",
)
N008 = Code(
    "N008", "which-network", ERROR, "A file that declares several networks needs to be told which one is meant."
)
N009 = Code(
    "N009",
    "needs-a-value",
    WARNING,
    "A network with a parameter that has no default can only be checked once the parameter has a value.",
)
N010 = Code("N010", "misplaced", ERROR, "A layer, setting or section stands where it cannot, or a network lacks one.")
N011 = Code(
    "N011", "unused-allow", WARNING, "An allow that suppresses no finding is left over, or its rule is misspelt."
)

G001 = Code(
    "G001",
    "map-vanishes",
    ERROR,
    "A kernel or stride leaves no pixel: the padded map is smaller than the kernel. Use a larger input, fewer strides, "
    "or padding.",
)
G002 = Code("G002", "groups-divide", ERROR, "The groups of a conv or a group norm divide its channels on both sides.")
G003 = Code(
    "G003",
    "too-large",
    ERROR,
    "A network has at most 100,000 layers, all networks of a file together no more than can be checked in seconds, "
    "and no tensor has more than 2^31 elements for one image.",
)
G004 = Code(
    "G004",
    "paths-differ",
    ERROR,
    "The branch and the shortcut of a block end in maps of one shape, or they cannot be added.",
)

CODES = (
    *(S001, S002, S003, S004, S005, S006, S007, S008),
    *(N001, N002, N003, N004, N005, N006, N007, N008, N009, N010, N011),
    *(G001, G002, G003, G004),
)
