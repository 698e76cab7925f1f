"""Pictures as text and amounts are: some blotches of light, and holes in them."""

from hypothesis import strategies as st
from PIL import Image

blotches = st.lists(
    st.tuples(st.integers(-5, 130), st.integers(-5, 130), st.integers(1, 60), st.integers(1, 40), st.booleans()), max_size=6
)
"""Left, top, width, height, lit or dark."""


def painted(size, some):
    image = Image.new("1", size)
    for left, top, width, height, lit in some:
        image.paste(255 * lit, (left, top, left + width, top + height))
    return image
