// The panel, dot for dot as the box shows it: the light dots of an OLED on its dark glass.

const GLASS = [10, 14, 22];
const LIGHT = [150, 215, 255];

export function draw(canvas, panel) {
  canvas.hidden = panel === null;
  if (panel === null) return;
  canvas.width = panel.width;
  canvas.height = panel.height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(panel.width, panel.height);
  const bytes = Uint8Array.from(atob(panel.dots), (character) => character.charCodeAt(0));
  const stride = Math.ceil(panel.width / 8);
  for (let y = 0; y < panel.height; y++) {
    for (let x = 0; x < panel.width; x++) {
      const lit = bytes[y * stride + (x >> 3)] & (0x80 >> (x & 7));
      image.data.set([...(lit ? LIGHT : GLASS), 255], 4 * (y * panel.width + x));
    }
  }
  context.putImageData(image, 0, 0);
}
