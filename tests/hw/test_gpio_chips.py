"""Which chip is the pin header."""

import pytest

from hw.gpio_chips import ChipInfo, chip_paths, header_chip


@pytest.fixture
def dev(tmp_path):
    for name in ("gpiochip0", "gpiochip1", "gpiomem", "null"):
        (tmp_path / name).touch()
    return tmp_path


def test_only_chips_are_listed(dev):
    assert [path.name for path in chip_paths(dev)] == ["gpiochip0", "gpiochip1"]


@pytest.mark.parametrize("label", ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"])
def test_the_header_is_known_by_its_driver_whatever_its_number(dev, label):
    labels = {"gpiochip0": ChipInfo("gpiochip0", "raspberrypi-exp-gpio", 8), "gpiochip1": ChipInfo("gpiochip1", label, 54)}
    assert header_chip(dev, lambda path: labels[path.name]).name == "gpiochip1"


def test_a_machine_without_one_says_so(dev):
    with pytest.raises(FileNotFoundError, match="pin header"):
        header_chip(dev, lambda path: ChipInfo(path.name, "gpio-pca953x", 16))


def test_a_chip_that_may_not_be_asked_is_the_reason(dev):
    def forbidden(_path):
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        header_chip(dev, forbidden)
