"""Make a folder of real recordings with labels, from Debian packages: `.ci/recordings.py FOLDER`.

Nothing of them is in the project. `recordings.csv` says which file of which package is taken, and what a listener would
call it. Some packages have several licences: their copyright files say which file has which.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LICENCES = {
    "asterisk-core-sounds-en-wav": "CC BY-SA 3.0",
    "btanks-data": "GPL-2 and others",
    "gigalomania-data": "CC0 1.0, CC BY 3.0 and others",
    "minetest-data": "CC BY-SA 3.0 and others",
    "scorched3d-data": "GPL-2 and others",
    "scratch": "CC BY-SA 3.0",
    "searchandrescue-data": "GPL-2",
    "simutrans-pak64": "Artistic 1.0",
    "sonic-pi-samples": "CC0 1.0 and others",
}
COLUMNS = ("file", "name", "class", "licence", "consent", "source", "kind", "caption")


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (Path(__file__).parent / "recordings.csv").open(newline="") as table:
        chosen = list(csv.DictReader(table))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # As root, apt fetches as another user, who may not write into a private folder.
        root.chmod(0o755)
        subprocess.run(
            ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", *LICENCES], cwd=root, check=True
        )
        for package in root.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, root / "files"], check=True)
        with (out / "labels.csv").open("w", newline="") as labels:
            writer = csv.DictWriter(labels, COLUMNS)
            writer.writeheader()
            for row in chosen:
                package, path = row.pop("package"), Path(row.pop("path"))
                # Names of two folders: three helicopters have a file of one name.
                file = f"{path.parent.name}-{path.name}"
                shutil.copyfile(root / "files/usr/share" / path, out / file)
                writer.writerow(
                    row
                    | {
                        "file": file,
                        "licence": LICENCES[package],
                        "consent": "not needed",
                        "source": f"Debian {package}",
                    }
                )
    print(f"{len(chosen)} recordings in {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
