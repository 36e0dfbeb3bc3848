"""Identifiers that look like the server's."""
import os
import time


def uuid():
    """36 characters of version-1 look, growing with time: 01f03748-181f-1522-87c8-4fe6b1faf971."""
    t = f"{int(time.time() * 1e7) & 0xfffffffffffffff:015x}"
    r = os.urandom(8).hex()
    return f"01f{t[0:5]}-{t[5:9]}-1{t[9:12]}-{8 + int(r[0], 16) % 4:x}{r[1:4]}-{r[4:16]}"


def request_id():
    r = os.urandom(16).hex()
    return f"{r[:8]}-{r[8:12]}-4{r[13:16]}-a{r[17:20]}-{r[20:32]}"
