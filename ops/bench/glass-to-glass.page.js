/* Runs inside the page under test: how old are the pictures that the video shows, and the boxes that arrive? */
globalThis.measureGlassToGlass = async ({ camera, cellPx, cells, bits, forMs }) => {
  const video = document.querySelector('video');
  const canvas = new OffscreenCanvas(cells * cellPx, cellPx);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const glass = [];
  const boxes = [];
  let unreadable = 0;

  const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/realtime`);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'watch', boxesOf: [camera] }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'boxes') boxes.push(Date.now() - message.boxes.ticks90k / 90);
  };

  // Epoch ms modulo 2^32, or null when the checksum is wrong.
  const readBarcode = () => {
    context.drawImage(video, 0, 0, canvas.width, cellPx, 0, 0, canvas.width, cellPx);
    const { data } = context.getImageData(0, 0, canvas.width, cellPx);
    const isSet = (cell) => data[((cellPx / 2) * canvas.width + cell * cellPx + cellPx / 2) * 4 + 1] > 125;
    let value = 0;
    let check = 0;
    for (let cell = 0; cell < bits; cell++) value = value * 2 + isSet(cell);
    for (let cell = bits; cell < cells; cell++) check = check * 2 + isSet(cell);
    return ((value ^ (value >>> 8) ^ (value >>> 16) ^ (value >>> 24)) & 255) === check ? value : null;
  };

  const until = performance.now() + forMs;
  await new Promise((resolve) => {
    const onFrame = () => {
      const shown = readBarcode();
      if (shown === null) unreadable += 1;
      else glass.push((Date.now() % 2 ** 32) - shown);
      if (performance.now() < until) video.requestVideoFrameCallback(onFrame);
      else resolve();
    };
    video.requestVideoFrameCallback(onFrame);
  });
  socket.close();
  return { glass, unreadable, boxes };
};
