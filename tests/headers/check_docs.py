# SPDX-License-Identifier: BSD-3-Clause
"""check_docs.py HEADER_OR_FOLDER...: each declaration with a parameter of type Comm says who must call it.

The comment right above such a declaration, or above the unbroken group of them that it stands in, must hold the word "Collective" or
"Local". Copy and move functions of Comm are exempt.
Prints file:line for each declaration that does not, and ends with 1.
"""
import pathlib
import re
import sys

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
LABEL = re.compile(r"\b(?:public|private|protected)\s*:(?!:)")
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
PARAMETER = re.compile(r"[(,]\s*(?:const\s+)?(?:hilbrick::)?Comm\b(?:\s+const)?\s*[&*]*\s*(?:\w+\s*)?(?:=[^,()]*)?(?=[,)])")
COPY_OR_MOVE = re.compile(r"(?:\bComm|\boperator=)\s*\(\s*(?:const\s+)?Comm\s*&&?\s*\w*\s*\)")


def blank(match):
    """The same number of characters and lines, without the words."""
    return re.sub(r"[^\n]", " ", match.group())


def statements(code):
    """(start, end) of each piece between `;`, `{`, `}` and access labels; semicolons inside parentheses do not count."""
    start = depth = 0
    for i, char in enumerate(code):
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char in "{};" and depth <= 0:
            yield start, i
            start = i + 1
            depth = 0
    yield start, len(code)


def comment_above(lines, line):
    """The block of comment lines that ends right above `line` (numbered from 0)."""
    block = []
    in_block = False
    while line > 0:
        line -= 1
        text = lines[line].strip()
        if text.endswith("*/"):
            in_block = True
        if not (text.startswith("//") or in_block):
            break
        if text.startswith("/*"):
            in_block = False
        block.append(text)
    return "\n".join(reversed(block))


def undocumented(text):
    """The line numbers (from 1) of the declarations that miss the word, with the declarations."""
    lines = text.splitlines()
    code = LABEL.sub(blank, DIRECTIVE.sub(blank, STRING.sub(blank, COMMENT.sub(blank, text))))
    grouped = -1  # the line below a documented declaration
    for start, end in statements(code):
        statement = code[start:end]
        if not PARAMETER.search(statement) or COPY_OR_MOVE.search(statement):
            continue
        first = start + len(statement) - len(statement.lstrip())
        line = text.count("\n", 0, first)
        if line == grouped or re.search(r"\b(?:Collective|Local)\b", comment_above(lines, line)):
            grouped = text.count("\n", 0, end) + 1
        else:
            yield line + 1, " ".join(statement.split())


def main(paths):
    headers = []
    for path in map(pathlib.Path, paths):
        headers += sorted(path.rglob("*.hpp")) if path.is_dir() else [path]
    if not headers:
        sys.exit(f"check_docs.py: expected headers, found none in {' '.join(paths) or 'no argument'}")
    found = 0
    for header in headers:
        for line, declaration in undocumented(header.read_text(encoding="utf-8")):
            print(f'{header}:{line}: say "Collective over comm." or "Local." in the comment above: {declaration}')
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
