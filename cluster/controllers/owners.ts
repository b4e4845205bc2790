// Who owns an object, and how a controller claims what its selector says is its own.
// Source: the public documentation of owner references and of ReplicaSets ("acquires" and releases Pods).

import type { ObjectMeta, OwnerReference } from '../object.ts';
import { isNotFound } from './refusals.ts';

interface Owned {
  metadata: ObjectMeta;
}

export function controllerOf(object: Owned): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}

export function isControlledBy(object: Owned, owner: Owned): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid;
}

export function controllerReference(
  apiVersion: string,
  kind: string,
  owner: Owned,
): OwnerReference {
  return {
    apiVersion,
    kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export interface Claim<Item extends Owned> {
  owner: Owned;
  reference: OwnerReference;
  matches(item: Item): boolean;
  /** Edits the item as it is stored now. */
  modify(
    item: Item,
    change: (draft: { metadata: ObjectMeta }) => void | false,
  ): Promise<Item | undefined>;
}

/** What of `items` belongs to the owner, once matching orphans are adopted and owned strangers released. */
export async function claimed<Item extends Owned>(
  items: readonly Item[],
  claim: Claim<Item>,
): Promise<Item[]> {
  const { owner, reference } = claim;
  const own: Item[] = [];
  for (const item of items) {
    const controller = controllerOf(item);
    if (controller) {
      if (controller.uid !== owner.metadata.uid) continue;
      if (claim.matches(item)) own.push(item);
      else if (!owner.metadata.deletionTimestamp) await release(item, claim);
      continue;
    }
    const adoptable =
      !owner.metadata.deletionTimestamp && !item.metadata.deletionTimestamp && claim.matches(item);
    if (!adoptable) continue;
    const adopted = await claim.modify(item, ({ metadata }) => {
      // Somebody else may have adopted it meanwhile, or it is another object of the same name.
      if (metadata.uid !== item.metadata.uid || controllerOf({ metadata })) return false;
      metadata.ownerReferences = [...(metadata.ownerReferences ?? []), reference];
      return undefined;
    });
    if (adopted && isControlledBy(adopted, owner)) own.push(adopted);
  }
  return own;
}

async function release<Item extends Owned>(item: Item, claim: Claim<Item>): Promise<void> {
  try {
    await claim.modify(item, ({ metadata }) => {
      if (metadata.uid !== item.metadata.uid) return false;
      const others = metadata.ownerReferences?.filter(
        ({ uid }) => uid !== claim.owner.metadata.uid,
      );
      if (others && others.length > 0) metadata.ownerReferences = others;
      else delete metadata.ownerReferences;
      return undefined;
    });
  } catch (error) {
    if (!isNotFound(error)) throw error; // deleted meanwhile: nothing left to release
  }
}
