#!/usr/bin/env python3
"""Makes the pages of the documentation's site, and the mkdocs.yml that builds them.

Usage: site.py OUTPUT [--examples FOLDER] [--program FILE]
--examples: built examples; what each prints stands on its page. --program: the built program; its help stands on the site.

The pages are README.md, those of docs/, one for each example, one for each command of the program, and one for each public
header with its comments as text. A name in backticks of a file that has a page becomes a link.
"""
import argparse
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDES = ["recipes", "features", "install", "batches", "many_machines", "reliability", "testing", "configuration", "telemetry", "coming_from"]
ROOMS = ["client", "chat", "batch", "fleet", "table", "arrow", "schema", "reflect", "bind", "json", "tokens", "cache", "telemetry", "policy", "tasks", "sync",
         "runtime", "http", "provider", "auth", "mcp", "config", "sim", "otel", "core"]
# Smallest first: each stands on the site with its number.
LADDER = ["chat", "stream", "parse", "list", "annotations", "checks", "parse_stream", "prompt_function", "tools", "tool_stream",
          "run_result", "decide", "files", "embed", "spending", "cache", "prompt_cache", "logs", "cassette", "azure_entra",
          "compare_models", "local_models", "routes", "background", "own_context", "beast_service", "stream_service",
          "retry_semaphore", "resumable_batch", "sentiment_batch", "rehearsal", "many_machines"]


# ---- headers

def without_detail(text):
    """The text of a header without includes and without what is in a namespace `detail`."""
    lines, skipping = [], 0
    for line in text.splitlines():
        if skipping or re.match(r"namespace [\w:]*detail \{", line):
            skipping += nesting(line)
            continue
        lines.append(line)
    return lines


def nesting(line):
    bare = re.sub(r"//.*$|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'", "", line)
    return sum(bare.count(c) for c in "{(") - sum(bare.count(c) for c in "})")


def public_part(code):
    """The lines of a class without what is private."""
    out, hidden = [], False
    for line in code:
        if re.match(r"(private|protected|public):", line.strip()):
            hidden = line.strip() != "public:"
        if line.startswith("}"):
            hidden = False
        if not hidden:
            out.append(line)
    while len(out) > 1 and not out[-2].strip():
        del out[-2]
    return out


def entities(lines):
    """(comment, code) of each declaration of a header."""
    comment, code, depth = [], [], 0
    for line in lines:
        bare = line.strip()
        if depth == 0 and not code:
            if bare.startswith("///"):
                comment.append(bare[3:].removeprefix(" "))
                continue
            if not bare or bare.startswith(("#", "//", "namespace", "}")):
                comment = [] if not bare else comment
                continue
        code.append(line)
        depth += nesting(line)
        if depth <= 0 and re.search(r"[;}]\s*(//.*)?$", bare):
            yield comment, code
            comment, code, depth = [], [], 0


def name_of(code):
    text = re.sub(r"template <[^{;]*?>\n|\[\[\w+(\(.*?\))?\]\]\s*|extern template.*", "", "\n".join(code))
    for pattern in (r"^(?:struct|class|enum class|concept)\s+(\w+)", r"^using (\w+)", r"concept (\w+)",
                    r"(?:inline )?constexpr [\w:<>, *&]+?\s(\w+)\s*(?:=|\{|;)", r"(operator\S+)\(", r"(\w+)\("):
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            return found.group(1)
    return None


def prose(comment):
    """Markdown of a comment: its code stays code, @param and @returns become a list."""
    text = "\n".join(comment)
    text = re.sub(r"@param (\w+)\s+", r"\n- `\1`: ", text)
    text = re.sub(r"@returns?\s+", r"\n- returns: ", text)
    text = re.sub(r"@throws (\S+)\s+", r"\n- throws `\1`: ", text)
    text = re.sub(r"^((?:Errors|Cancellation|Thread safety|Lifetime|Range|Source):)", r"\n**\1**", text, flags=re.MULTILINE)
    return text.replace("<", "&lt;") if "`" not in text else re.sub(r"<(?=[^`]*(?:`[^`]*`[^`]*)*$)", "&lt;", text)


def header_page(path):
    out = [f"# `{path}`", ""]
    text = (ROOT / "include" / path).read_text()
    for comment, code in entities(without_detail(text)):
        name = name_of(code)
        if not name or "detail" in code[0] or (not comment and len(code) == 1 and re.match(r"(class|struct|extern)\b", code[0])):
            continue
        out += [f"## {name}", "", prose(comment), "", "```cpp", *public_part(code), "```", ""]
    if len(out) == 2:  # macros and names of others
        out += ["```cpp", text.rstrip(), "```", ""]
    return "\n".join(out)


# ---- examples and the program

def question_of(source):
    first = source.split("\n", 1)[0]
    return first.removeprefix("// ").strip() if first.startswith("//") else None


def output_of(command):
    if not command[0].exists():
        return None
    try:
        run = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120,
                             env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "COLUMNS": "100"})
    except subprocess.TimeoutExpired:
        raise SystemExit(f"site: {' '.join(str(part) for part in command)} does not end") from None
    return run.stdout if run.returncode == 0 else None


def example_page(source, arguments, folder):
    text = source.read_text()
    out = [f"# {question_of(text)}", "", f"`examples/{source.name}`", "", "```cpp", text.rstrip(), "```", ""]
    printed = folder and output_of([folder / source.stem, *arguments])
    if printed:
        shown = printed if len(printed) < 4000 else printed[:4000] + "…"
        out += ["It prints:", "", "```text", shown.rstrip(), "```", ""]
    return "\n".join(out)


def arguments_of(name):
    found = re.search(rf"coax_example\({name} (?:CASSETTE )?(?:ARGS (.*?))?\s*PRINTS", (ROOT / "examples/CMakeLists.txt").read_text(), re.DOTALL)
    given = found.group(1) if found and found.group(1) else ""
    return [part.replace("${CMAKE_CURRENT_SOURCE_DIR}", str(ROOT / "examples")).replace("${CMAKE_CURRENT_BINARY_DIR}", "/tmp")
            for part in given.split()]


def commands_of(program):
    listing = output_of([program, "--help"]) or ""
    part = re.search(r"Subcommands:\n(.*?)\n\n", listing, re.DOTALL)
    return re.findall(r"^  (\w[\w-]*)\s", part.group(1), re.MULTILINE) if part else []


# ---- links

class Links:
    def __init__(self, pages, titles):
        self.pages = pages  # what a file is called in the repository -> its page
        self.titles = titles  # of a page; what a link shows that showed a file's name

    def apply(self, text, at):
        up = "../" * at.count("/")

        def link(match):
            target = match.group(2).split("#")[0]
            anchor = match.group(2)[len(target):]
            name = re.sub(r"^(\.\./)+|^docs/", "", target)
            if "://" in target or not target:
                return match.group(0)
            page = self.pages.get(name) or self.pages.get(target)
            if not page:
                return match.group(1)
            words = self.titles[page] if match.group(1) in (target, name) else match.group(1)
            return f"[{words}]({up}{page}{anchor})"

        def code(match):
            page = self.pages.get(match.group(1)) or self.pages.get(match.group(1).removeprefix("include/"))
            return f"[`{match.group(1)}`]({up}{page})" if page and page != at else match.group(0)

        parts = re.split(r"(```.*?```)", text, flags=re.DOTALL)
        for i in range(0, len(parts), 2):
            parts[i] = re.sub(r"(?<!!)\[([^\]]+)\]\(([^)]+)\)", link, parts[i])
            parts[i] = re.sub(r"(?<!\[)`([\w./-]+\.(?:hpp|cpp)|coax [a-z-]+)`(?!\])", code, parts[i])
        return "".join(parts)


def yaml_list(entries, depth=1):
    out = ""
    for title, target in entries:
        pad = "  " * depth
        if isinstance(target, list):
            out += f"{pad}- {title}:\n{yaml_list(target, depth + 1)}"
        else:
            out += f"{pad}- '{title}': {target}\n"
    return out


CONFIG = """site_name: coax
site_description: Coroutines for calling language models
docs_dir: pages
site_dir: html
use_directory_urls: false
theme:
  name: material
  font: false
  features: [navigation.tabs, navigation.top, search.highlight]
  palette:
    - media: "(prefers-color-scheme: light)"
      scheme: default
      primary: teal
      toggle: {icon: material/weather-night, name: dark}
    - media: "(prefers-color-scheme: dark)"
      scheme: slate
      primary: teal
      toggle: {icon: material/weather-sunny, name: light}
markdown_extensions: [admonition, tables, toc, pymdownx.highlight, pymdownx.superfences]
plugins: [search]
extra_css: [wide.css]
nav:
"""

# Code of 120 columns fits.
CSS = """.md-grid { max-width: 76rem; }
.md-typeset code { font-size: 0.75em; }
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("output", type=Path)
    parser.add_argument("--examples", type=Path)
    parser.add_argument("--program", type=Path)
    options = parser.parse_args()

    made, pages = {}, {}  # page -> text; name in the repository -> page

    def add(name, page, text):
        made[page] = text
        pages[name] = page
        return page

    def titled(page):
        return re.sub(r"[`']", "", re.search(r"^# (.*)$", made[page], re.MULTILINE).group(1))

    add("README.md", "index.md", (ROOT / "README.md").read_text())
    add("CHANGELOG.md", "changes.md", (ROOT / "CHANGELOG.md").read_text())
    add("CONTRIBUTING.md", "contributing.md", (ROOT / "CONTRIBUTING.md").read_text())
    for source in sorted((ROOT / "docs").glob("*.md")):
        add(source.name, source.name, source.read_text())
    examples = sorted((ROOT / "examples").glob("*.cpp"), key=lambda one: (LADDER + [one.stem]).index(one.stem))
    for source in examples:
        add(f"examples/{source.name}", f"examples/{source.stem}.md", example_page(source, arguments_of(source.stem), options.examples))
    for header in sorted((ROOT / "include/coax").rglob("*.hpp")):
        path = str(header.relative_to(ROOT / "include"))
        if "detail" not in header.parts:
            add(path, f"reference/{path.removeprefix('coax/').removesuffix('.hpp')}.md", header_page(path))
    commands = []
    if options.program:
        for command in commands_of(options.program):
            shown = output_of([options.program, command, "--help"])
            if shown:
                add(f"coax {command}", f"program/{command}.md", f"# coax {command}\n\n```text\n{shown.rstrip()}\n```\n")
                commands.append((f"coax {command}", f"program/{command}.md"))

    reference = []
    for room in [""] + ROOMS:
        of_room = [page for page in made if page.startswith("reference/" + (room + "/" if room else ""))
                   and (room or page.count("/") == 1)]
        if of_room:
            reference.append((room or "coax", [(page.rsplit("/", 1)[1].removesuffix(".md") + ".hpp", page) for page in of_room]))
    nav = [("Start here", "index.md"),
           ("Guides", [(titled(f"{name}.md"), f"{name}.md") for name in GUIDES]),
           ("Examples", [(f"{step}. {titled(page)}", page)
                         for step, page in enumerate((pages[f"examples/{one.name}"] for one in examples), 1)]),
           ("Services", "services.md")]
    nav += [("The program", commands)] if commands else []
    nav += [("Reference", reference),
            ("The house", [("Architecture", "architecture.md"), ("Contributing", "contributing.md"),
                           ("Benchmarks", "benchmarks.md"), ("Versions", "versions.md"), ("What changed", "changes.md")])]

    links = Links(pages, {page: titled(page) for page in made})
    for page, text in made.items():
        target = options.output / "pages" / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(links.apply(re.sub(r"<!-- .*? -->\n", "", text), page))
    (options.output / "pages/wide.css").write_text(CSS)
    (options.output / "mkdocs.yml").write_text(CONFIG + yaml_list(nav))
    listed = set(re.findall(r": (\S+\.md)$", yaml_list(nav), re.MULTILINE))
    for page in sorted(set(made) - listed):
        print(f"site: {page} stands in no menu")
    return 1 if set(made) - listed else 0


if __name__ == "__main__":
    raise SystemExit(main())
