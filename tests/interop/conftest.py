"""Files that Postern made, for other people's tools to verify."""

import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def example(name, *arguments):
    """Runs an example of the test kit and gives what it prints."""
    command = [os.environ.get("CARGO", "cargo"), "run", "--quiet", "-p", "postern-testkit", "--example", name, "--"]
    done = subprocess.run(command + [str(one) for one in arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return done.stdout.decode()


class Sample:
    """An OLF: its envelopes with what each is, whose signatures it needs, and a sealed key."""

    def __init__(self, folder):
        self.sealed_pem = folder / "portal.pem"
        about = json.loads((folder / "sample.json").read_text())
        lines = (folder / "sample.olf").read_text().splitlines()
        self.envelopes = [json.loads(line) for line in lines]
        self.documents = about["documents"]
        self.sealed_key = about["sealed_key"]
        assert len(self.envelopes) == len(self.documents) == 3

    def __iter__(self):
        return zip(self.envelopes, self.documents)


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    example("sample", folder)
    return Sample(folder)


@pytest.fixture(scope="session")
def open_key():
    """Opens sealed keys with Postern: one line for each file, the public key or the refusal's code."""

    def run(passphrase, *files):
        return example("open_key", passphrase, *files).split()

    return run
