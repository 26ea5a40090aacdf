// In the page: texts that do not stand out from their ground by 4.5 to 1 (WCAG 2.2, 1.4.3).
const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);

const luminance = (color) => {
  const [r, g, b] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

const groundOf = (node) => {
  for (let at = node; at !== null; at = at.parentElement) {
    const { backgroundColor } = getComputedStyle(at);
    if (channels(backgroundColor)[3] !== 0) return backgroundColor;
  }
  return 'rgb(255, 255, 255)';
};

const hasOwnText = (node) =>
  [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());

const contrast = (node) => {
  const [text, ground] = [luminance(getComputedStyle(node).color), luminance(groundOf(node))];
  return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
};

[...document.querySelectorAll('body *')]
  .filter((node) => hasOwnText(node) && contrast(node) < 4.5)
  .map((node) => `${node.tagName} ${node.textContent.trim().slice(0, 30)}: ${contrast(node).toFixed(2)}`);
