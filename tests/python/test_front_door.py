"""The installed commands say what they are."""
import os
import subprocess

MHO = os.environ["MHO_PROGRAM"]


def test_version_names_the_program():
    said = subprocess.run([MHO, "--version"], capture_output=True, text=True, check=True).stdout
    assert said.startswith("mho 0.")
