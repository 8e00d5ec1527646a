/** Layers as a definition writes them: the variants of a chain, and of a graph's nodes. */
import Type, { type Static, type TLiteral, type TObject, type TSchema } from "typebox";
import { type LayerType, layerFields } from "./layer-fields.ts";
import { strict } from "./values.ts";

export const LayerName = Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" });
const named = { name: Type.Optional(LayerName) };
const wired = {
  id: LayerName,
  inputs: Type.Array(Type.String({ maxLength: 64 }), {
    minItems: 1,
    maxItems: 64,
    description: 'Ids of nodes; "input" is the network\'s input.',
  }),
};

/** All fields of one variant in one object type, which the static type of a schema needs. */
type Joined<K extends LayerType, Common> = { readonly type: TLiteral<K> } & Common &
  (typeof layerFields)[K];
type Variant<K extends LayerType, Common> = TObject<{
  [Key in keyof Joined<K, Common>]: Extract<Joined<K, Common>[Key], TSchema>;
}>;
const variant = <K extends LayerType, Common>(type: K, common: Common) =>
  Type.Object(
    { type: Type.Literal(type), ...common, ...layerFields[type] },
    strict,
  ) as unknown as Variant<K, Common>;

/** Types that join several inputs and so stand in graphs only. */
export const joiningTypes = ["add", "multiply", "concatenate"] as const;
type JoiningType = (typeof joiningTypes)[number];
type ChainType = Exclude<LayerType, JoiningType>;

const typesOf = (): LayerType[] => Object.keys(layerFields) as LayerType[];
const isJoining = (type: LayerType): type is JoiningType =>
  joiningTypes.some((joining) => joining === type);

/** A union over a set of types is the union of their variants, which TypeScript cannot map. */
type Variants<K extends LayerType, Common> = { [Key in K]: Static<Variant<Key, Common>> }[K];

export const Layer = Type.Unsafe<Variants<ChainType, typeof named>>(
  Type.Union(
    typesOf()
      .filter((type) => !isJoining(type))
      .map((type) => variant(type, named)),
  ),
);
export type Layer = Static<typeof Layer>;

export const GraphNode = Type.Unsafe<Variants<LayerType, typeof wired>>(
  Type.Union(typesOf().map((type) => variant(type, wired))),
);
export type GraphNode = Static<typeof GraphNode>;
