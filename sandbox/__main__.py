"""python -m sandbox: run a sandbox warehouse until told to stop."""
import argparse
import json
import os
import signal
import ssl
import sys
import tempfile
import threading
import time


def options(argv=None):
    deps = os.environ.get("DBXODBC_DEPS") or os.path.expanduser("~/.cache/dbx-odbc")
    p = argparse.ArgumentParser(prog="python -m sandbox", description="A SQL warehouse for tests and demonstrations: the Databricks "
                                "statement execution API over DuckDB.")
    p.add_argument("--host", default="127.0.0.1", help="address of both origins (default 127.0.0.1)")
    p.add_argument("--port", type=int, default=0, help="API port; 0 picks a free one (default)")
    p.add_argument("--storage-port", type=int, default=0, help="port of the result links; 0 picks a free one (default)")
    p.add_argument("--data", metavar="DIR", help="where the sample data is kept (default: beside the other dependencies)")
    p.add_argument("--ready-file", metavar="FILE", help="write addresses, tokens and warehouses here (JSON) when ready")
    p.add_argument("--start-delay", type=float, default=2.0, metavar="S", help="seconds a stopped warehouse takes to start (default 2)")
    p.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the control API, e.g. chunk_rows=1000")
    p.add_argument("--tls-cert", metavar="FILE", help="serve both origins over TLS with this certificate chain (PEM)")
    p.add_argument("--tls-key", metavar="FILE", help="its private key (PEM)")
    p.add_argument("--quiet", action="store_true", help="say nothing but errors")
    args = p.parse_args(argv)
    args.deps = deps
    return args


def tls_context(args):
    if not args.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(args.tls_cert, args.tls_key)
    return context


def write_ready(path, info):
    """Atomically: whoever sees the file sees all of it."""
    folder = os.path.dirname(os.path.abspath(path))
    fd, temp = tempfile.mkstemp(dir=folder, prefix=".ready-")
    with os.fdopen(fd, "w") as f:
        json.dump(info, f, indent=1)
        f.write("\n")
    os.chmod(temp, 0o644)
    os.replace(temp, path)


def main(argv=None):
    args = options(argv)
    sys.setrecursionlimit(20000)                        # long chains of operators are deep trees
    threading.stack_size(64 << 20)
    started = time.time()
    stop = threading.Event()
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stop.set())
    from . import sampledata
    from .server import Sandbox
    say = (lambda text: None) if args.quiet else (lambda text: print(text, file=sys.stderr, flush=True))
    folder = args.data or os.path.join(args.deps, f"sandbox-data-{sampledata.VERSION}")
    try:
        box = Sandbox(sampledata.ensure(folder, say), args.host, args.port, args.storage_port, args.start_delay, args.quiet,
                      tls_context(args))
    except OSError as e:
        raise SystemExit(f"sandbox: cannot listen on {args.host}: {e}") from None
    for pair in args.set:
        name, _, value = pair.partition("=")
        if name not in box.settings:
            raise SystemExit(f"sandbox: unknown setting {name}; known: {', '.join(box.settings)}")
        box.settings[name] = box.initial_settings[name] = json.loads(value)
    box.start()
    if args.ready_file:
        write_ready(args.ready_file, box.info())
    say(f"sandbox: ready at {box.api_url} (links at {box.storage_url}) after {time.time() - started:.1f} s")
    while not stop.wait(3600):
        pass
    box.stop()
    if args.ready_file and os.path.exists(args.ready_file):
        os.unlink(args.ready_file)
    os._exit(0)


if __name__ == "__main__":
    main()
