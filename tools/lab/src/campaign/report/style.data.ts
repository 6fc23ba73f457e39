/** The look of the report: it follows the reader's choice of a light or dark screen. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --good: #2e7d32; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
pre { background: var(--soft); padding: .7rem; overflow-x: auto; font-size: .85rem; }
code { font-size: .9em; } .bad { color: var(--bad); } .good { color: var(--good); }
article { border: 1px solid var(--line); border-radius: .4rem; padding: 0 1rem; margin: 1rem 0; }
table { border-collapse: collapse; } td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.coverage { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 2rem; } summary { cursor: pointer; }
@media (prefers-color-scheme: dark) { :root { --bad: #ef9a9a; --good: #a5d6a7; } }
`;
