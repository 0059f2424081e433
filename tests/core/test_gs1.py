"""GS1 keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.core.gs1 import check_digit, is_sscc, sscc


def test_published_examples():
    # a GTIN-13 and an SSCC that GS1's own guides work through
    assert check_digit("629104150021") == 3
    assert is_sscc("106141411234567897")


@given(st.integers(0, 10**9 - 1), st.integers(0, 9))
def test_an_sscc_has_eighteen_digits_and_checks(serial, extension):
    made = sscc(serial, "4012345", extension)
    assert is_sscc(made)
    wrong = str((int(made[5]) + 1) % 10)
    assert not is_sscc(made[:5] + wrong + made[6:])


@pytest.mark.parametrize("bad", [-1, 10**9])
def test_a_serial_that_does_not_fit(bad):
    with pytest.raises(ValueError, match="serial"):
        sscc(bad)
