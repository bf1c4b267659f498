/** Compaction, through etcd's JSON gateway. */

/** Makes etcd forget every revision before the present one. Throws when it refuses. */
export async function compactEtcd(etcdUrl: string): Promise<void> {
  const status = await ask<{ readonly header: { readonly revision: string } }>(`${etcdUrl}/v3/maintenance/status`, {});
  await ask(`${etcdUrl}/v3/kv/compaction`, { revision: status.header.revision, physical: true });
}

async function ask<Answer>(url: string, body: unknown): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
}
