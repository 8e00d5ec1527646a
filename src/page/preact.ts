/** The one door to the view library: modules of the page import it from here. */
export type { VNode } from "htm/preact/standalone";
export {
  html,
  render,
  useCallback,
  useEffect,
  useMemo,
  useReducer,
  useRef,
  useState,
} from "htm/preact/standalone";
