"""A writer that is killed before each step that asks the system for something: old or new, and nothing left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mirrorgen.files import diff_files, write_files

OLD = {"a": "old a\n", "sub/b": "old b\n", "sub/gone": "old gone\n"}
NEW = {"a": "new a\n", "sub/b": "new b\n", "sub/gone": None, "fresh": "new fresh\n"}

# For each such line of what writes, a process that kills itself there; says how many there are.
KILLER = """
import linecache, os, re, signal, sys
from pathlib import Path
from mirrorgen import files, places

ROOT, OLD, NEW = Path(sys.argv[1]), eval(sys.argv[2]), eval(sys.argv[3])
WRITING = {files.__file__, places.__file__}
ASKING = re.compile(r"\\b(os|fcntl|stream|folder)\\.\\w+\\(")

def write_until(line):
    left = line
    def trace(frame, event, _argument):
        nonlocal left
        if frame.f_code.co_filename not in WRITING:
            return None
        if event == "line" and ASKING.search(linecache.getline(frame.f_code.co_filename, frame.f_lineno)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    files.write_files(ROOT / str(line), NEW)
    os._exit(0)

line = 0
while True:
    line += 1
    files.write_files(ROOT / str(line), OLD)
    pid = os.fork()
    if not pid:
        write_until(line)
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
print(line)
"""


def test_a_writer_killed_at_any_step_leaves_what_the_next_run_sees_and_clears(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", KILLER, str(tmp_path), repr(OLD), repr(NEW)]
    lines = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    assert lines > 50
    kinds = set()
    for line in range(1, lines):
        root = tmp_path / str(line)
        held = {name: (root / name).read_text() if (root / name).exists() else None for name in NEW}
        kinds.add(tuple(held[name] == text for name, text in NEW.items()))
        # Each file is the old one or the new one, and what is not all new is seen.
        assert all(text in (OLD.get(name), NEW[name]) for name, text in held.items())
        assert (diff_files(root, NEW) == "") is (held == NEW)
        write_files(root, NEW)
        assert sorted(path.relative_to(root).as_posix() for path in root.rglob("*")) == ["a", "fresh", "sub", "sub/b"]
        assert diff_files(root, NEW) == ""
    # It was killed before the first file, after the last, and between any two.
    assert len(kinds) == len(NEW) + 1


def test_what_another_run_is_still_writing_is_left_alone(tmp_path: Path) -> None:
    writing = (
        "import sys\nfrom pathlib import Path\nfrom mirrorgen import files\n"
        "commit = files._commit\n"
        "def wait(staged):\n    print('staged', flush=True)\n    sys.stdin.read()\n    commit(staged)\n"
        "files._commit = wait\n"
        "files.write_files(Path(sys.argv[1]), {'a': 'of the other\\n'})\n"
    )
    argv = [sys.executable, "-c", writing, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "staged\n"
        write_files(tmp_path, {"a": "ours\n"})
        other.communicate()
    assert other.returncode == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "of the other\n"}


def test_a_leftover_in_the_place_of_a_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept\n")
    (tmp_path / ".a.0123abcd.tmp").symlink_to("kept")
    write_files(tmp_path, {"a": "new\n"})
    assert (tmp_path / "kept").read_text() == "kept\n"
