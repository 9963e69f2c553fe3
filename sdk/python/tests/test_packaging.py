import base64
import csv
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

from tests.fake_server import PATIENCE

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class PackagingTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        sys.path.insert(0, ROOT)
        self.addCleanup(sys.path.remove, ROOT)

    def test_the_wheel_holds_both_packages_and_says_so_truly(self):
        import build_backend

        path = os.path.join(self.folder, build_backend.build_wheel(self.folder))
        with zipfile.ZipFile(path) as wheel:
            names = set(wheel.namelist())
            info = next(name for name in names if name.endswith("/METADATA")).rsplit("/", 1)[0]
            metadata = wheel.read(info + "/METADATA").decode()
            rows = list(csv.reader(wheel.read(info + "/RECORD").decode().splitlines()))
            self.assertEqual(names, {row[0] for row in rows})
            for name, digest, size in rows:
                if digest:
                    data = wheel.read(name)
                    self.assertEqual(digest, "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode())
                    self.assertEqual(int(size), len(data))
        self.assertLess({"tocsin/__init__.py", "tocsin/py.typed", "sra_sdk/__init__.py", "sra_sdk/client.py"}, names)
        self.assertFalse([name for name in names if name.startswith("tests/")])
        self.assertIn("\nRequires-Dist: psutil>=5.9; extra == 'metrics'\n", metadata)
        self.assertIn("\nRequires-Python: >=3.8\n", metadata)

        run = subprocess.run(
            [sys.executable, "-c", "import tocsin, sra_sdk; print(tocsin.__version__, tocsin.__file__)"], timeout=PATIENCE, cwd=self.folder,
            env=dict(os.environ, PYTHONPATH=path), stdout=subprocess.PIPE, universal_newlines=True)
        self.assertEqual(0, run.returncode)
        self.assertIn(path, run.stdout)

    def test_the_version_stands_in_both_places(self):
        import build_backend
        import tocsin

        self.assertEqual(build_backend._project()["version"], tocsin.__version__)

    def test_building_twice_makes_the_same_bytes(self):
        import build_backend

        made = []
        for name in ("one", "two"):
            os.mkdir(os.path.join(self.folder, name))
            with open(os.path.join(self.folder, name, build_backend.build_wheel(os.path.join(self.folder, name))), "rb") as wheel:
                made.append(wheel.read())
        self.assertEqual(made[0], made[1])

    def test_the_source_archive_builds_the_same_wheel(self):
        import build_backend

        archive = os.path.join(self.folder, build_backend.build_sdist(self.folder))
        with tarfile.open(archive) as tar:
            for member in tar.getmembers():
                self.assertRegex(member.name, r"^tocsin-[\d.]+/[\w/.-]+$")
                target = os.path.join(self.folder, member.name)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(tar.extractfile(member).read())
        source = re.sub(r"\.tar\.gz$", "", archive)
        again = os.path.join(self.folder, "again")
        os.mkdir(again)
        subprocess.run([sys.executable, "-c", "import build_backend, sys; build_backend.build_wheel(sys.argv[1])", again], cwd=source, timeout=PATIENCE, check=True)
        name = build_backend.build_wheel(self.folder)
        with open(os.path.join(self.folder, name), "rb") as one, open(os.path.join(again, name), "rb") as two:
            self.assertEqual(one.read(), two.read())

    def test_pip_installs_it_without_a_network(self):
        pip = subprocess.run([sys.executable, "-m", "pip", "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
        if pip.returncode != 0:
            self.skipTest("This Python has no pip.")
        target = os.path.join(self.folder, "installed")
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-cache-dir", "--disable-pip-version-check", "--target", target, ROOT],
            timeout=300, check=True)
        run = subprocess.run(
            [sys.executable, "-c", "import sra_sdk, tocsin; print(tocsin.__file__)"], timeout=PATIENCE, cwd=self.folder, env=dict(os.environ, PYTHONPATH=target),
            stdout=subprocess.PIPE, universal_newlines=True)
        self.assertIn(target, run.stdout)


if __name__ == "__main__":
    unittest.main()
