"""While a question is answered, BLAS and OpenMP work on the asking thread alone."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from threadpoolctl import threadpool_info

from index import threads
from index.threads import one_thread
from qa import Assistant


def widths(kind: str) -> set[int]:
    """Return the threads of OpenMP, or of the BLAS that does not take them from there."""
    return {
        one["num_threads"]
        for one in threadpool_info()
        if one["user_api"] == kind and one.get("threading_layer") != "openmp"
    }


def test_one_thread_while_any_is_inside_and_as_before_when_the_last_has_left() -> None:
    both, one_left = Barrier(2), Barrier(2)

    def first() -> None:
        before = widths("openmp")
        with one_thread():
            both.wait(10)
        assert widths("openmp") == before
        one_left.wait(10)

    def second() -> set[int]:
        with one_thread():
            both.wait(10)
            one_left.wait(10)
            return widths("blas")

    outside = widths("blas")
    with ThreadPoolExecutor(2) as pool:
        left = pool.submit(first)
        assert pool.submit(second).result() == {1}
        left.result()
    assert widths("blas") == outside


def test_openmp_has_one_thread_too_and_nesting_changes_nothing() -> None:
    threads._of_caller.cache_clear()  # other tests have loaded libraries since, torch's too
    outside = widths("blas"), widths("openmp")
    with one_thread():
        with one_thread():
            assert widths("openmp") == {1}
        assert widths("blas") == {1}
    assert (widths("blas"), widths("openmp")) == outside
    with pytest.raises(ValueError, match="blank"), one_thread():
        raise ValueError("blank")
    assert (widths("blas"), widths("openmp")) == outside


def test_asking_and_searching_take_one_thread(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, outside = [], widths("blas")
    assistant.ask("Who hosted the forum?", found=lambda *_: seen.append(widths("blas")))
    assert seen == [{1}]
    encode = assistant.index.encode_question
    monkeypatch.setattr(
        assistant.index, "encode_question", lambda q: seen.append(widths("blas")) or encode(q)
    )
    assistant.index.search("Who hosted the forum?")
    assert seen == [{1}, {1}]
    assert widths("blas") == outside
