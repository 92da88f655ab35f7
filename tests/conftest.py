"""Session fixtures: one index of the shipped corpus, built by the real model, for all tests."""

import os
from pathlib import Path

import pytest

from corpus import Document
from index import Index, build_index
from qa import Assistant

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("CITEWISE_DATA", ROOT.parent / "shared" / "data"))

SMALL = {
    "harbour.txt": (
        "The harbour of Aldmouth opened in 1887. It was built by Mara Quill, an engineer from "
        "Denby. Two ferries cross the bay each morning.\n\nThe lighthouse keeper earns 40 crowns "
        "a month. Storms closed the harbour for 3 days in 1902."
    ),
    "market.txt": (
        "The market of Aldmouth is held on Fridays. Farmers sell apples, wool and honey there. "
        "The council charges 2 crowns for a stall."
    ),
    "智慧城市.txt": "银川的智慧城市建设始于2013年。市长杨玉经在峰会上发表讲话。深圳举办了论坛。",
}


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of test data; tests that need it skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no test data at {DATA}; set CITEWISE_DATA")
    return DATA


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the shipped corpus."""
    path = tmp_path_factory.mktemp("shipped") / "index"
    build_index(ROOT / "corpus" / "documents", path).close()
    return path


@pytest.fixture(scope="session")
def assistant(index_path: Path) -> Assistant:
    """The assistant over the shipped corpus."""
    return Assistant.open(index_path)


@pytest.fixture
def small_documents() -> list[Document]:
    """Three short documents, one of them Chinese."""
    return [Document.from_text(text, source=source) for source, text in SMALL.items()]


@pytest.fixture
def small_index(small_documents: list[Document], tmp_path: Path) -> Index:
    """A fresh index of the three short documents."""
    return build_index(small_documents, tmp_path / "index")
