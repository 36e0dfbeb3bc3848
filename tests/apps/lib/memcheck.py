"""What valgrind saw of an application, as TAP: errors and leaks whose stack holds the driver. Others are not ours.

    memcheck.py APP DRIVER FOLDER-OF-XML [no-leaks|leaks-only WHY]
"""
import glob
import os
import sys
import xml.etree.ElementTree as ET


def errors_of(path):
    """The errors of one process. A process that was killed leaves its file unfinished: what is whole in it counts."""
    text = open(path, encoding="utf-8", errors="replace").read()
    begin = text.find("<error>")
    while begin >= 0:
        end = text.find("</error>", begin)
        if end < 0:
            return
        yield ET.fromstring(text[begin:end + len("</error>")])
        begin = text.find("<error>", end)


def frames(error):
    return [f for stack in error.iter("stack") for f in stack.iter("frame")]


def is_ours(error, driver):
    name = os.path.basename(driver)
    return any(os.path.basename(f.findtext("obj") or "") == name for f in frames(error))


def describe(error):
    text = error.findtext("what") or error.findtext("xwhat/text") or "?"
    lines = [f"# {error.findtext('kind')}: {text}"]
    for f in frames(error)[:24]:
        where = f"{f.findtext('file')}:{f.findtext('line')}" if f.findtext("file") else os.path.basename(f.findtext("obj") or "?")
        lines.append(f"#    {f.findtext('fn') or '???'} ({where})")
    return "\n".join(lines)


def main():
    app, driver, folder = sys.argv[1:4]
    only = sys.argv[4].split(" ")[0] if len(sys.argv) > 4 else ""
    files = glob.glob(os.path.join(folder, f"{app}.*.xml"))
    seen, others, processes = {}, 0, len(files)
    for path in files:
        for error in errors_of(path):
            if only and (error.findtext("kind") or "").startswith("Leak") == (only == "no-leaks"):
                continue
            if is_ours(error, driver):
                seen[describe(error)] = seen.get(describe(error), 0) + 1
            else:
                others += 1
    print(f"# {app}: valgrind watched {processes} process(es), {others} finding(s) without the driver in the stack")
    print(f"{'not ok' if seen or not processes else 'ok'} - {app}: no error or leak in the driver under valgrind")
    for text, count in seen.items():
        print(text + (f"\n#    ({count} times)" if count > 1 else ""))


main()
