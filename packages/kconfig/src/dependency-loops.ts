import { DependencyLoopError } from './errors.ts';
import { type Expression, type Guard, visitSymbols } from './expression.ts';
import type { KconfigChoice, KconfigModel, KconfigSymbol, Reverse } from './model.ts';
import { formatPosition, type Position } from './position.ts';

/** One reason why the value of a node needs the value of another first. */
interface Edge {
  readonly target: string;
  readonly because: string;
  readonly position: Position;
}

function choiceName(choice: KconfigChoice): string {
  return `the choice at ${formatPosition(choice.position)}`;
}

/** Collects edges, keeping the first one to each target. */
class EdgeList {
  readonly edges = new Map<string, Edge>();

  add(target: string, because: string, position: Position): void {
    if (!this.edges.has(target)) this.edges.set(target, { target, because, position });
  }

  addExpression(expression: Expression, because: string): void {
    visitSymbols(expression, ({ name, position }) => this.add(name, because, position));
  }

  addGuard(guard: Guard, because: string): void {
    for (const expression of guard) this.addExpression(expression, because);
  }

  addReverse(lines: readonly Reverse[], verb: string): void {
    for (const { by, guard, position } of lines) {
      this.add(by, `is ${verb} by`, position);
      this.addGuard(guard, `is ${verb} by ${by} if`);
    }
  }
}

function edgesOfSymbol(symbol: KconfigSymbol, model: KconfigModel): EdgeList {
  const list = new EdgeList();
  for (const guard of symbol.dependencies) list.addGuard(guard, 'depends on');
  list.addReverse(symbol.selectedBy, 'selected');
  list.addReverse(symbol.impliedBy, 'implied');
  if (symbol.choice !== undefined)
    list.add(choiceName(symbol.choice), 'is a member of', symbol.positions[0]!);
  for (const { guard } of symbol.prompts) list.addGuard(guard, 'has a prompt if');
  for (const { value, guard } of symbol.defaults) {
    list.addExpression(value, 'has a default that needs');
    list.addGuard(guard, 'has a default if');
  }
  for (const { low, high, guard } of symbol.ranges) {
    for (const end of [low, high]) list.addExpression(end, 'has a range that needs');
    list.addGuard(guard, 'has a range if');
  }
  if (symbol.type === 'tristate' && model.modules !== undefined && model.modules !== symbol.name)
    list.add(model.modules, 'is a tristate and so needs', symbol.positions[0]!);
  return list;
}

function edgesOfChoice(choice: KconfigChoice, model: KconfigModel): EdgeList {
  const list = new EdgeList();
  for (const { guard } of choice.prompts) list.addGuard(guard, 'has a prompt if');
  for (const { guard } of choice.defaults) list.addGuard(guard, 'has a default if');
  for (const member of choice.members)
    for (const { guard } of model.symbols.get(member)!.prompts)
      list.addGuard(guard, `offers ${member} if`);
  return list;
}

function report(path: readonly string[], edges: readonly Edge[]): never {
  const chain = edges.map(
    ({ target, because, position }, index) =>
      `${formatPosition(position)}: ${path[index]} ${because} ${target}`,
  );
  const others = path.length === 1 ? 'itself' : `${path.slice(1).join(', ')} and back`;
  throw new DependencyLoopError(
    path,
    `${path[0]} needs its own value by way of ${others}; take one of these steps out`,
    { position: edges[0]!.position, chain },
  );
}

/** Walks the graph depth first and reports the first way back to a node that is still open. */
class LoopFinder {
  private readonly graph: ReadonlyMap<string, readonly Edge[]>;
  private readonly done = new Set<string>();
  private readonly path: string[] = [];
  private readonly taken: Edge[] = [];

  constructor(graph: ReadonlyMap<string, readonly Edge[]>) {
    this.graph = graph;
  }

  visit(node: string): void {
    if (this.done.has(node)) return;
    const start = this.path.indexOf(node);
    if (start >= 0) report(this.path.slice(start), this.taken.slice(start));
    this.path.push(node);
    for (const edge of this.graph.get(node) ?? []) {
      this.taken.push(edge);
      this.visit(edge.target);
      this.taken.pop();
    }
    this.path.pop();
    this.done.add(node);
  }
}

/**
 * Makes sure that every value can be worked out before it is needed.
 *
 * @throws DependencyLoopError with one step of the loop a line, each with its place.
 */
export function refuseLoops(model: KconfigModel): void {
  const graph = new Map<string, readonly Edge[]>();
  for (const symbol of model.symbols.values())
    graph.set(symbol.name, [...edgesOfSymbol(symbol, model).edges.values()]);
  for (const choice of model.choices)
    graph.set(choiceName(choice), [...edgesOfChoice(choice, model).edges.values()]);
  const finder = new LoopFinder(graph);
  for (const node of graph.keys()) finder.visit(node);
}
