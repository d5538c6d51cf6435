// @ts-check
// What the worker pool loads. It calls `require`, which Node 20.19 and newer answer for an ES module by instantiating it
// synchronously; a worker that is terminated at that moment ends the whole process ("FATAL ERROR: v8::Module::IsGraphAsync"
// in node 20.20.2). A dynamic import has no such moment.

const loaded = import("./worker.js");
// A failure is thrown where the first task waits for it.
loaded.catch(() => {});

/**
 * @param {import("./worker.js").Task} task
 * @returns {Promise<import("./worker.js").Outcome>}
 */
module.exports = async (task) => (await loaded).default(task);
