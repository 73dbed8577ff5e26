"""What the commands share: arguments and progress."""
import argparse
import sys


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def worker_counts(text):
    return sorted({positive(part) for part in text.split(",")})


def say(text):
    """Progress goes to the terminal only, each line over the one before."""
    end = "" if sys.stderr.isatty() else "\n"
    print(f"\r\033[K{text}" if not end else text, end=end, file=sys.stderr, flush=True)


def progress(text):
    if sys.stderr.isatty():
        say(text)
