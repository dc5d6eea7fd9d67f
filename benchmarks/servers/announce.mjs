/** Tells the runner the port, and the CPU time used so far whenever it asks. */
export function announce(port) {
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send({ cpu: user + system });
  });
  process.on("disconnect", () => process.exit());
  process.send({ port });
}
