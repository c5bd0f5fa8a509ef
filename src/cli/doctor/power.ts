import type { HostFiles } from "./host-files.ts";
import { type Finding, note, ok, type Section } from "./report.ts";

/** What this host knows of the power it draws; nothing uses it yet. */
export function powerSection(host: HostFiles): Section {
  const sources = [...rapl(host), ...hwmon(host)];
  const findings = sources.length > 0 ? sources : [note("power", "no counters")];
  return { title: "Power", findings };
}

function rapl(host: HostFiles): Finding[] {
  const folder = `${host.sys}/class/powercap`;
  const zones = host.names(folder).filter((name) => /^intel-rapl(-mmio)?:\d+$/.test(name));
  return zones.map((zone) => {
    const name = host.text(`${folder}/${zone}/name`) ?? zone;
    const readable = host.text(`${folder}/${zone}/energy_uj`) !== undefined;
    return readable
      ? ok("RAPL", `${name} (${zone})`)
      : note("RAPL", `${name} (${zone}), not ours to read`, "run as root, or grant CAP_DAC_READ_SEARCH");
  });
}

/** Sensors that tell power or energy. */
function hwmon(host: HostFiles): Finding[] {
  const folder = `${host.sys}/class/hwmon`;
  return host.names(folder).flatMap((sensor) => {
    const inputs = host.names(`${folder}/${sensor}`).filter((name) => /^(power|energy)\d+_/.test(name));
    const name = host.text(`${folder}/${sensor}/name`) ?? sensor;
    return inputs.length > 0 ? [ok("hwmon", `${name} (${sensor})`)] : [];
  });
}
