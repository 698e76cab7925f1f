"""Small 1-bit pictures that can be told apart."""

from PIL import Image


def picture(number, size=(128, 64)):
    """A black panel with `number` lit pixels in its top row."""
    image = Image.new("1", size)
    for x in range(number):
        image.putpixel((x, 0), 255)
    return image


def same(image, other):
    return image is not None and image.size == other.size and image.tobytes() == other.tobytes()
