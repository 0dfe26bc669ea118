/* Runs inside the page under test: how far were the boxes drawn from the frames they were drawn on? */
globalThis.measureSkew = ({ camera, forMs }) =>
  new Promise((resolve) => {
    const video = document.querySelector('video');
    const until = performance.now() + forMs;
    const shown = [];
    let frames = 0;
    // Frame callbacks run just before animation callbacks: by then the page has drawn what belongs to the frame.
    const onFrame = () => {
      frames += 1;
      requestAnimationFrame(() => {
        const drawn = globalThis.__footfall.lastBoxes(camera);
        if (drawn !== null && drawn.ticks90k !== shown.at(-1)?.ticks90k) shown.push(drawn);
        if (performance.now() < until) video.requestVideoFrameCallback(onFrame);
        else resolve({ frames, shown });
      });
    };
    video.requestVideoFrameCallback(onFrame);
  });
