/** What the page uses of the vendored view library, typed without its package. */
declare module "htm/preact/standalone" {
  /** A rendered description; opaque here. */
  export interface VNode {
    readonly type: unknown;
    readonly props: unknown;
  }
  export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): VNode;
  export function render(tree: VNode | null, parent: Element): void;
  export function useState<S>(
    initial: S | (() => S),
  ): [S, (next: S | ((previous: S) => S)) => void];
  export function useReducer<S, A>(
    reducer: (state: S, action: A) => S,
    initial: S,
  ): [S, (action: A) => void];
  type Cleanup = () => void;
  export function useEffect(run: () => Cleanup | undefined, inputs?: readonly unknown[]): void;
  export function useLayoutEffect(
    run: () => Cleanup | undefined,
    inputs?: readonly unknown[],
  ): void;
  export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
  export function useCallback<T>(callback: T, inputs: readonly unknown[]): T;
  export function useRef<T>(initial: T): { current: T };
}
