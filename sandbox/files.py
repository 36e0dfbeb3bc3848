"""Volumes: a small Files API over memory."""
import threading
import time
from email.utils import formatdate

from .errors import ApiError
from .http import Response
from .storage import ranged


class Files:
    def __init__(self, store):
        self.store, self.data, self.lock = store, {}, threading.Lock()
        self.put("/Volumes/main/default/files/hello.txt", b"hello\n")

    def put(self, path, data):
        with self.lock:
            self.data[path] = (data, int(time.time() * 1000))

    def volume(self, path):
        """(catalog.schema.volume) of a path if that volume exists, else ApiError 404."""
        parts = path.strip("/").split("/")
        name = ".".join(parts[1:4])
        try:
            known = len(parts) >= 4 and parts[0] == "Volumes" and parts[3] in self.store.schema(parts[1], parts[2]).volumes
        except Exception:  # noqa: BLE001 - any missing level means the same
            known = False
        if not known:
            text = f"Volume '{name}' does not exist."
            raise ApiError(404, "NOT_FOUND", text, [{"@type": "type.googleapis.com/google.rpc.ErrorInfo",
                           "reason": "FILES_API_RESOURCE_NOT_FOUND", "domain": "filesystem.databricks.com",
                           "metadata": {"unity_catalog_error_message": text}}])
        return name

    def list(self, path):
        """Direct children of a directory, or None when its volume does not exist."""
        try:
            self.volume(path)
        except ApiError:
            return None
        base, out = path.rstrip("/") + "/", {}
        for full, (data, ms) in sorted(self.data.items()):
            if full.startswith(base):
                name = full[len(base):].split("/")[0]
                is_dir = "/" in full[len(base):]
                out.setdefault(name, {"path": base + name, "is_dir": is_dir, "is_directory": is_dir, "file_size": 0 if is_dir else len(data),
                                      "modification_time": ms, "last_modified": ms, "name": name})
        return list(out.values())

    def raw(self, request, path):
        """GET, HEAD, PUT, DELETE of one file."""
        if request.method == "PUT":
            self.put(path, request.body)
            return Response(204 if request.route != "download" else 200, b"", None, None)
        found = self.data.get(path)
        if found is None:
            raise ApiError(404, "NOT_FOUND", f"The file being accessed is not found: {path}")
        if request.method == "DELETE":
            with self.lock:
                self.data.pop(path, None)
            return Response(204, b"", None, None)
        return ranged(request, found[0], {"last-modified": formatdate(found[1] / 1000, usegmt=True)})
