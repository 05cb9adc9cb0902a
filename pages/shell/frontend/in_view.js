// An empty place that says when it, or the box around it, comes near the screen.

const NEAR = "0px 0px 300px"; // below the screen; what grows above it would push it away
const APART_MS = 50;

let turn = Promise.resolve();

export default function ({ data, parentElement, setStateValue }) {
  if (data) return; // somebody has been here
  const box = parentElement.getRootNode().host?.closest("[data-testid=stVerticalBlock]");
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      // One after the other: of news that arrive together, Streamlit runs one fragment only.
      turn = turn.then(() => {
        setStateValue("seen", true);
        return new Promise((done) => setTimeout(done, APART_MS));
      });
    },
    // Streamlit scrolls this element, not the window.
    { root: document.querySelector("[data-testid=stMain]"), rootMargin: NEAR },
  );
  observer.observe(box ?? parentElement);
  return () => observer.disconnect();
}
