// What is known of resources, scopes and metrics by their bytes, so that what stays the same is decoded once.
import { type Attributes, pushAttribute } from "../../pdata/decode/common.ts";
import type { Reader } from "../../pdata/protobuf/reader.ts";
import type { Labeler, LabelPairs, ResourceLabels } from "./labels.ts";
import { type FamilyType, familyType, type PointKind } from "./point-kinds.ts";
import type { Family, Series } from "./series-store.ts";
import { cut, readerOfKey } from "./walk.ts";

/** A metric of one scope of one resource. */
export interface Stream {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: PointKind;
  readonly temporality: number;
  /** Undefined when there is no way to show it. */
  readonly type: FamilyType | undefined;
  readonly common: LabelPairs;
  readonly resource: ResourceLabels;
  /** The family of its series when it was last added to. */
  family: Family | undefined;
  /** By the bytes of a data point's attributes; may name series that have ended. */
  readonly series: Map<string, Series>;
}

export interface KnownScope {
  readonly common: LabelPairs;
  /** By the bytes of the metric but its points. */
  readonly streams: Map<string, Stream>;
}

export interface KnownResource {
  readonly labels: ResourceLabels;
  /** By the bytes of the scope and its schema URL. */
  readonly scopes: Map<string, KnownScope>;
  usedMs: number;
}

const RESOURCE = 1;
const SCOPE = 1;
const SCHEMA_URL = 3;

/** Decodes a resource from the bytes of its ResourceMetrics but the scopes. */
export function knownResource(key: string, labeler: Labeler): KnownResource {
  const attributes: Attributes = [];
  const { children } = cut(readerOfKey(key), RESOURCE);
  for (const message of children) {
    while (message.next()) if (message.field === 1) pushAttribute(attributes, message);
  }
  return { labels: labeler.ofResource(attributes), scopes: new Map(), usedMs: 0 };
}

/** Decodes a scope from the bytes of its ScopeMetrics but the metrics. */
export function knownScope(key: string, resource: ResourceLabels, labeler: Labeler): KnownScope {
  const attributes: Attributes = [];
  const scope = { name: "", version: "", schemaUrl: "", attributes };
  const reader = readerOfKey(key);
  while (reader.next()) {
    if (reader.field === SCHEMA_URL) scope.schemaUrl = reader.string();
    else if (reader.field === SCOPE) readScope(reader.message(), scope);
  }
  return { common: labeler.ofScope(scope, resource), streams: new Map() };
}

function readScope(message: Reader, scope: { name: string; version: string; attributes: Attributes }): void {
  while (message.next()) {
    if (message.field === 1) scope.name = message.string();
    else if (message.field === 2) scope.version = message.string();
    else if (message.field === 3) pushAttribute(scope.attributes, message);
  }
}

/** Decodes a metric from the bytes of everything but its data, and of its data but the points. */
export function newStream(
  header: string,
  dataHeader: string,
  kind: PointKind,
  { common }: KnownScope,
  { labels: resource }: KnownResource,
): Stream {
  const { temporality, monotonic } = readTemporality(dataHeader);
  const type = familyType(kind, temporality, monotonic);
  const rest = { kind, temporality, type, common, resource, family: undefined, series: new Map() };
  return { ...readHeader(header), ...rest };
}

function readHeader(key: string): { name: string; description: string; unit: string } {
  const header = { name: "", description: "", unit: "" };
  const reader = readerOfKey(key);
  while (reader.next()) {
    if (reader.field === 1) header.name = reader.string();
    else if (reader.field === 2) header.description = reader.string();
    else if (reader.field === 3) header.unit = reader.string();
  }
  return header;
}

function readTemporality(key: string): { temporality: number; monotonic: boolean } {
  const data = { temporality: 0, monotonic: false };
  const reader = readerOfKey(key);
  while (reader.next()) {
    if (reader.field === 2) data.temporality = reader.int32();
    else if (reader.field === 3) data.monotonic = reader.bool();
  }
  return data;
}

/** Forgets the series that have ended, and the streams that have no others. */
export function forgetEnded(resource: KnownResource): void {
  for (const { streams } of resource.scopes.values()) {
    for (const [key, { series }] of streams) {
      removeEnded(series);
      if (series.size === 0) streams.delete(key);
    }
  }
}

function removeEnded(series: Map<string, Series>): void {
  for (const [spelling, { live }] of series) if (!live) series.delete(spelling);
}
