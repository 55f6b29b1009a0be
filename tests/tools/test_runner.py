"""Running a child, with the Python interpreter as the child."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from mirrorgen.errors import LimitExceeded, ToolFailed, ToolUnusable
from mirrorgen.tools.bounds import Bounds
from mirrorgen.tools.children import stop
from mirrorgen.tools.runner import Completed, ProcessRunner
from mirrorgen.tools.secrets import Secrets

ENV = {"PATH": os.defpath}


def run(code: str, runner: ProcessRunner | None = None, **options: object) -> Completed:
    return (runner or ProcessRunner()).run([sys.executable, "-c", code], **{"env": ENV, **options})  # type: ignore[arg-type]


def test_both_streams_are_captured_at_once() -> None:
    write = "sys.stderr.write('e' * 9_999 + chr(10))"
    result = run(f"import sys; {write}; sys.stdout.write('o' * 10**6); [{write} for _ in range(99)]")
    assert (len(result.stdout), len(result.stderr)) == (10**6, 10**6)


def test_of_endless_complaints_the_last_are_kept_and_all_are_told() -> None:
    heard: list[str] = []
    code = "import sys; [print(n, file=sys.stderr) for n in range(9_999)]; sys.stderr.write('e' * 10**6)"
    result = run(code, on_stderr_line=heard.append)
    assert len(heard) == 10_000
    kept = result.stderr.splitlines()
    assert (len(kept), kept[-2], len(kept[-1])) == (2_000, "9998", 20_000)


def test_a_child_that_does_not_read_its_input_is_no_problem() -> None:
    assert run("print('done')", stdin="x" * 10**6).stdout == "done\n"


def test_lines_of_standard_error_arrive_as_they_come() -> None:
    lines: list[str] = []
    run("import sys; print('one', file=sys.stderr); print('two', file=sys.stderr)", on_stderr_line=lines.append)
    assert lines == ["one", "two"]


def test_bytes_that_are_no_utf8_do_not_stop_anything() -> None:
    assert run("import sys; sys.stdout.buffer.write(b'a\\xffb')").stdout == "a\ufffdb"


def test_the_environment_is_only_what_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMBIENT", "1")
    asked = "import os; print(sorted(set(os.environ) & {'AMBIENT', 'GIVEN'}))"
    assert run(asked, env={**ENV, "GIVEN": "1"}).stdout == "['GIVEN']\n"


def test_a_failure_carries_the_command_the_code_and_both_streams() -> None:
    with pytest.raises(ToolFailed) as caught:
        run("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)")
    for part in ("command: ", "exit code: 7", "stdout:\n    out", "stderr:\n    err"):
        assert part in caught.value.message


def test_other_exit_codes_can_be_a_success() -> None:
    assert run("raise SystemExit(2)", success_codes=(0, 2)).code == 2
    assert run("raise SystemExit(9)", success_codes=None).code == 9


def test_a_program_that_is_not_there_is_unusable() -> None:
    with pytest.raises(ToolUnusable, match="cannot start /nowhere/tool: No such file or directory"):
        ProcessRunner().run(["/nowhere/tool"], env=ENV)


def test_a_child_is_read_to_the_letter_and_quoted_without_secrets() -> None:
    lines: list[str] = []
    started: list[str] = []
    runner = ProcessRunner(secrets=Secrets.of(["hunter2"]), on_start=started.append)
    code = "import sys; print('hunter2'); print('say hunter2', file=sys.stderr); sys.exit(1)"
    result = run(code, runner, on_stderr_line=lines.append, success_codes=None)
    assert (result.stdout, result.stderr, lines) == ("hunter2\n", "say hunter2\n", ["say hunter2"])
    assert "hunter2" not in result.describe() + str(result.failure()) + "".join(started)


# A child that starts a child of its own, says its process id, and waits for it.
FAMILY = (
    "import subprocess, sys; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print(child.pid, file=sys.stderr, flush=True); child.wait()"
)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; init may take a moment to collect it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


def ends(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while not is_gone(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return is_gone(pid)


def test_a_timeout_ends_the_child_and_its_children(monkeypatch: pytest.MonkeyPatch) -> None:
    pids: list[int] = []
    # The time is over when both have started, however long they take for that.
    monkeypatch.setattr("mirrorgen.tools.bounds.time", SimpleNamespace(monotonic=lambda: 600.0 * len(pids)))
    with pytest.raises(ToolFailed, match=r"did not end within 600 s"):
        run(FAMILY, timeout_s=600, on_stderr_line=lambda line: pids.append(int(line)))
    assert all(ends(pid) for pid in pids)
    assert pids


def test_an_interrupt_ends_the_child_and_its_children() -> None:
    pids: list[int] = []

    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(FAMILY, on_stderr_line=interrupt)
    assert all(ends(pid) for pid in pids)
    assert pids


def test_a_child_that_waits_for_us_with_what_it_says_ends_by_itself_all_the_same(tmp_path: Path) -> None:
    """As regsync does, whose log has a pipe of a page: it looks whether it was interrupted when its line is written."""
    ended = tmp_path / "ended"
    code = (
        "import os, pathlib, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"
        "os.write(2, b'begun\\n')\n"
        "os.write(2, b'e' * 10**6)\n"
        f"if signal.SIGINT in signal.sigpending(): pathlib.Path({str(ended)!r}).touch()\n"
    )

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(code, on_stderr_line=interrupt, bounds=Bounds(line_length=100, pipe_bytes=4096))
    assert ended.exists()


def test_an_interrupt_reaches_the_child_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes to end: this one ends only as it is asked in another way."""
    counting = (
        "import os, signal, sys, time\n"
        "taken = []\n"
        "signal.signal(signal.SIGINT, lambda *_: (taken.append(1), os.write(1, b'taken\\n')))\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(len(taken))))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    sent: list[int] = []

    def noted(send: Callable[[int, int], None]) -> Callable[[int, int], None]:
        def note(pid: int, sig: int) -> None:
            sent.append(sig)
            send(pid, sig)

        return note

    # Two interrupts one right after the other may reach a process as one, so those sent are counted, too.
    monkeypatch.setattr(os, "kill", noted(os.kill))
    monkeypatch.setattr(os, "killpg", noted(os.killpg))
    argv = [sys.executable, "-c", counting]
    with subprocess.Popen(argv, env=ENV, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        monkeypatch.setattr(process, "wait", waiting(process))
        stop(process, grace_s=0.2)
        assert process.stdout.read() == "1\n"
    assert sent.count(signal.SIGINT) == 1


def waiting(process: subprocess.Popen[str]) -> Callable[[float | None], int]:
    """Wait until it has taken the interrupt, which it outlives, and then as long as it takes to end."""
    wait = process.wait
    asked: list[float | None] = []

    def until(timeout: float | None = None) -> int:
        if asked:
            return wait(60)
        asked.append(timeout)
        assert process.stdout
        assert process.stdout.readline() == "taken\n"
        raise subprocess.TimeoutExpired(process.args, timeout or 0)

    return until


def test_the_terminal_cannot_interrupt_the_child_by_itself() -> None:
    assert run("import os; print(os.getpgrp() == os.getpid())").stdout == "True\n"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("text", ["'x' * 10**6", "'x\\n' * 10**6"], ids=["one line", "many lines"])
def test_a_child_that_prints_too_much_is_ended(stream: str, text: str) -> None:
    with pytest.raises(LimitExceeded, match="printed more than 1000 bytes"):
        run(
            f"import sys, time; sys.{stream}.write({text}); sys.{stream}.flush(); time.sleep(60)",
            bounds=Bounds(output_bytes=1000),
        )


def test_of_a_long_line_the_beginning_is_read_and_the_rest_counted() -> None:
    heard: list[str] = []
    dropped: list[str] = []
    bounds = Bounds(line_length=10, on_dropped=dropped.append)
    run("import sys; sys.stderr.write('a' * 10**6 + '\\nb\\n')", on_stderr_line=heard.append, bounds=bounds)
    assert heard == ["a" * 10, "b"]
    assert sum(map(len, dropped)) == 10**6 - 10 + 1


def test_a_child_is_ended_when_its_watch_says_so() -> None:
    asked: list[int] = []

    def watch(pid: int) -> str | None:
        asked.append(pid)
        return "has gone on for long enough" if len(asked) == 2 else None

    with pytest.raises(LimitExceeded, match="has gone on for long enough"):
        run("import time; time.sleep(600)", bounds=Bounds(watch=watch))
    assert len(set(asked)) == 1


def test_a_child_that_takes_too_much_memory_fails() -> None:
    run("bytes(10**6)", bounds=Bounds(memory_bytes=200 * 10**6))
    with pytest.raises(ToolFailed, match="MemoryError"):
        # The limit is set just after the start.
        run("while True: bytes(10**9)", bounds=Bounds(memory_bytes=200 * 10**6), timeout_s=60)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has ended")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=lambda end: end.name)
def test_a_child_ends_with_us_however_we_end(end: signal.Signals) -> None:
    us = (
        "import os, sys, threading\n"
        "from mirrorgen.tools.runner import ProcessRunner\n"
        "child = 'import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(600)'\n"
        "say = lambda line: print(line, flush=True)\n"
        "run = lambda: ProcessRunner().run([sys.executable, '-c', child], env={}, on_stderr_line=say)\n"
        "threading.Thread(target=run).start()\n"
    )
    with subprocess.Popen([sys.executable, "-c", us], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        assert not is_gone(child)
        process.send_signal(end)
    assert ends(child)


def test_a_child_of_a_thread_that_lives_on_is_left_alone() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run, "import time; time.sleep(0.2); print('done')").result().stdout == "done\n"


def test_a_server_that_is_to_outlive_us_does(tmp_path: Path) -> None:
    us = (
        "import os, sys\nfrom pathlib import Path\nfrom mirrorgen.tools.children import start_server\n"
        "argv = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "print(start_server(argv, env={}, log=Path(sys.argv[1]), outlives_us=True))\n"
    )
    argv = [sys.executable, "-c", us, str(tmp_path / "log")]
    pid = int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
    try:
        assert not is_gone(pid)
    finally:
        os.kill(pid, signal.SIGKILL)
