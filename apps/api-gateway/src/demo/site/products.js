/** Pictures as shapes: `[element, attributes]`. */
export const pictures = {
  mug: [
    ["path", { d: "M22 34h46v34a14 14 0 0 1-14 14H36a14 14 0 0 1-14-14z", fill: "#2f6b4f" }],
    ["path", { d: "M68 42h6a9 9 0 0 1 0 24h-6", fill: "none", stroke: "#2f6b4f", "stroke-width": "7" }],
    [
      "path",
      {
        d: "M34 26c0-6 6-6 6-12M50 26c0-6 6-6 6-12",
        fill: "none",
        stroke: "#c9b79c",
        "stroke-width": "4",
        "stroke-linecap": "round",
      },
    ],
  ],
  pot: [
    ["path", { d: "M28 40h42l6 34a8 8 0 0 1-8 9H30a8 8 0 0 1-8-9z", fill: "#c8553d" }],
    ["path", { d: "M34 40a15 15 0 0 1 30 0z", fill: "#9e3f2b" }],
    ["circle", { cx: "49", cy: "22", r: "5", fill: "#9e3f2b" }],
    [
      "path",
      {
        d: "M72 50c12 0 10 16 16 16M26 52H14v18h10",
        fill: "none",
        stroke: "#c8553d",
        "stroke-width": "6",
        "stroke-linecap": "round",
      },
    ],
  ],
  beans: [
    ["path", { d: "M26 26h48l4 56H22z", fill: "#8a6d4b" }],
    ["path", { d: "M26 26l6-10h36l6 10z", fill: "#6d5438" }],
    ["ellipse", { cx: "50", cy: "58", rx: "13", ry: "17", fill: "#f1e6d2" }],
    ["path", { d: "M50 43c-6 9 6 19 0 30", fill: "none", stroke: "#8a6d4b", "stroke-width": "4" }],
  ],
  grinder: [
    ["rect", { x: "30", y: "48", width: "40", height: "36", rx: "5", fill: "#4b5d67" }],
    ["path", { d: "M30 48l6-20h28l6 20z", fill: "#6f8591" }],
    [
      "path",
      { d: "M50 28V18h26", fill: "none", stroke: "#4b5d67", "stroke-width": "5", "stroke-linecap": "round" },
    ],
    ["circle", { cx: "79", cy: "18", r: "6", fill: "#c8553d" }],
    ["rect", { x: "40", y: "62", width: "20", height: "12", rx: "3", fill: "#cfd8dc" }],
  ],
  blanket: [
    ["rect", { x: "18", y: "30", width: "64", height: "50", rx: "8", fill: "#d8a35d" }],
    ["path", { d: "M18 44h64M18 58h64M34 30v50M66 30v50", stroke: "#b57d36", "stroke-width": "4" }],
    [
      "path",
      { d: "M22 80v8M34 80v8M46 80v8M58 80v8M70 80v8M78 80v8", stroke: "#b57d36", "stroke-width": "3" },
    ],
  ],
  lamp: [
    ["path", { d: "M36 18h28l12 32H24z", fill: "#e8c468" }],
    ["path", { d: "M50 50v30M34 84h32", stroke: "#5b5246", "stroke-width": "6", "stroke-linecap": "round" }],
    ["circle", { cx: "50", cy: "54", r: "5", fill: "#fff3c9" }],
  ],
};

export const products = [
  { sku: "MUG-01", name: "Stoneware mug", priceMinor: 1900, picture: "mug" },
  { sku: "POT-02", name: "Enamel teapot", priceMinor: 5400, picture: "pot" },
  { sku: "BEAN-03", name: "Morning beans, 500 g", priceMinor: 1450, picture: "beans" },
  { sku: "GRIND-04", name: "Hand grinder", priceMinor: 8900, picture: "grinder" },
  { sku: "WOOL-05", name: "Wool throw", priceMinor: 12900, picture: "blanket" },
  { sku: "LAMP-06", name: "Reading lamp", priceMinor: 7600, picture: "lamp" },
];
