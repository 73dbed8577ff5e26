"""What benchmarks/io measures, and the files that it needs."""
import resource
import struct
import subprocess
from dataclasses import dataclass

BLOCKS, BLOCK_BYTES = 16 * 1024, 4096  # as in file_blocks.hpp


@dataclass(frozen=True)
class Row:
    """`service` is what the server is asked to be, `load` what the generator sends; without one the program measures itself."""
    name: str
    what: str
    service: str
    load: str | None = None
    clients: int = 0
    message: int = 0
    target: bool = False  # of issue 5: at least 0.9 of the bare loop, and ahead of Go


def echo(message, clients):
    return Row(f"tcp_{message}_{clients}", f"{message} bytes to a TCP server and back, on each of {clients:,} connections",
               "tcp", "tcp", clients, message, target=True)


ROWS = [
    *(echo(message, clients) for message in (64, 512) for clients in (1, 64, 1000)),
    Row("connect_64", "connect, 64 bytes there and back, close; 64 clients at a time", "tcp", "connect", 64, 64),
    Row("udp_64_64", "a datagram of 64 bytes there and back, from each of 64 clients to one socket", "udp", "udp", 64, 64),
    Row("tls_64_64", "64 bytes there and back over TLS 1.3, on each of 64 connections that stand", "tls", "tls", 64, 64),
    Row("file_4096", "a block of 4 KiB of a file in the page cache, by 16 readers at a time: fibers, goroutines, or for the bare "
                     "program threads that call `pread`", "file"),
]

# Another kind: bytes, not operations.
IDLE = Row("idle", "an idle TCP connection, after one message of 64 bytes: resident bytes of the server", "tcp", "idle", 10_000, 64)


def as_many_descriptors_as_allowed():
    """For this process and those that it starts. Returns how many connections one of them may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most - 200


def arguments(folder):
    """What comes behind the number of workers, by service. Writes the files that it names."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, blocks = folder / "certificate.pem", folder / "key.pem", folder / "blocks"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    blocks.write_bytes(b"".join(struct.pack("<Q", number).ljust(BLOCK_BYTES, b"\0") for number in range(BLOCKS)))
    return {"tcp": [], "udp": [], "tls": [certificate, key], "file": [blocks]}
