import { type Service, servicesOf } from "../kubernetes/services.ts";
import type { AntreaReading } from "./reading.ts";

/** A Service that a policy or a group of it names; null = it does not stand in Git. */
export function antreaService(
  { inputs, others }: AntreaReading,
  namespace: string,
  name: string,
): Service | null {
  const services = inputs
    .objects("", "Service")
    .filter((one) => one.namespace === namespace && one.object.metadata.name === name);
  const addresses = [
    ...inputs.objects("discovery.k8s.io", "EndpointSlice"),
    ...inputs.objects("", "Endpoints"),
  ].filter((one) => one.namespace === namespace);
  const service = servicesOf([...services, ...addresses]).get(`${namespace}/${name}`) ?? null;
  for (const manifest of services) others.add(manifest);
  if (service?.backing.kind === "addresses") for (const manifest of addresses) others.add(manifest);
  return service;
}
