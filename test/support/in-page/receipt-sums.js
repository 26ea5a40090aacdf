// In the page: of each part of the receipt its total, the sum of its lines, and how many there are; milliseconds.
[...document.querySelectorAll('.receipt dl')].map((list) => {
  const costs = [...list.querySelectorAll('dd')].map((cost) => Number.parseFloat(cost.textContent));
  const total = costs.pop();
  return { total, parts: costs.reduce((sum, cost) => sum + cost, 0), count: costs.length };
});
