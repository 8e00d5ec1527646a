/** The look of the report: one sheet, light and dark, nothing from elsewhere. */

/** Lines, chosen to differ in lightness too. */
const light = [
  "#0b62a8",
  "#c2410c",
  "#15803d",
  "#7e22ce",
  "#a16207",
  "#0f766e",
  "#be123c",
  "#475569",
];
const dark = [
  "#7cc4ff",
  "#fb9a5c",
  "#6ee79b",
  "#d3a4ff",
  "#facc5a",
  "#5eead4",
  "#fda4b8",
  "#b6c2d2",
];

const lines = (colours: readonly string[]): string =>
  colours.map((colour, i) => `--l${i}:${colour};`).join("");

const classes = light
  .map((_, i) => `.line.c${i},.bar.c${i}{stroke:var(--l${i})}.dot.c${i}{fill:var(--l${i})}`)
  .join("");

/** From a pale to a deep shade of one hue, so that lightness alone tells the order. */
const shadeRules = Array.from({ length: 10 }, (_, i) => {
  const lightness = 93 - i * 7;
  const ink = lightness > 45 ? "#111" : "#fff";
  return `.shade.s${i}{fill:hsl(210 60% ${lightness}%)}text.on.s${i}{fill:${ink}}`;
}).join("");

export const style = `
:root{color-scheme:light dark;--ink:#1a1f26;--soft:#5a6572;--paper:#fff;--rule:#d6dce3;
--held:#15803d;--within:#8a6100;--off:#b91c1c;${lines(light)}}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#a3afbd;--paper:#14181d;--rule:#343c46;
--held:#6ee79b;--within:#facc5a;--off:#ff8f8f;${lines(dark)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1,h2,h3{line-height:1.2}h2{margin-top:3rem;border-top:1px solid var(--rule);padding-top:1.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.875rem;margin:.75rem 0}
caption{text-align:left;font-weight:600;padding:.25rem 0}
th,td{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--rule);vertical-align:top}
tbody th{font-weight:600}
.expected{color:var(--soft)}td .expected::before{content:"["}td .expected::after{content:"]"}
td .said{display:block;font-size:.75rem;color:var(--soft)}
td.held .said,.verdict.held{color:var(--held)}
td.within-spread .said,.verdict.within-spread{color:var(--within)}
td.not-held .said,.verdict.not-held{color:var(--off);font-weight:600}
.note,.about,.criterion,footer{color:var(--soft)}.note{font-size:.875rem;margin:.25rem 0 1rem}
.claims{list-style:none;padding:0}.claims li{margin:0 0 1rem}
.verdict{font-weight:600;margin-right:.5rem}
.claims p{margin:.15rem 0;font-size:.9375rem;overflow-wrap:anywhere}
figure{margin:1.5rem 0}figcaption{font-weight:600;margin-bottom:.25rem}
svg{width:100%;height:auto;font:12px system-ui,sans-serif}
svg text{fill:var(--ink)}svg .grid{stroke:var(--rule)}
svg .line{fill:none;stroke-width:1.8}svg .line.expected{stroke-dasharray:5 4;stroke-width:1.3;opacity:.8}
svg .bar{stroke-width:1;opacity:.6}svg .shade.none{fill:none;stroke:var(--rule)}
${classes}${shadeRules}
summary{cursor:pointer;color:var(--soft)}
@media print{details{display:none}}
`;
