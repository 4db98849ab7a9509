-- Health of VllmProvider and VllmCatalog (openclaw-vllm.dev) for Argo CD.
-- Their status follows kstatus: observedGeneration, Ready, and Reconciling and Stalled while True.
local waiting = {status = "Progressing", message = "Waiting for the operator to see this generation"}
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return waiting
end

local said = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  said[condition.type] = condition
end
local ready = said.Ready
if ready == nil then
  return waiting
end

local function because(status, condition)
  return {status = status, message = condition.reason .. ": " .. condition.message}
end

if said.Stalled ~= nil then
  return because("Degraded", said.Stalled)
end
-- A sync with waves waits without end for what is Suspended, and for what is Progressing.
if ready.status == "True" or obj.spec.suspend == true then
  return because("Healthy", ready)
end

-- Degraded ends a sync at once. A first list that is still awaited must not: the server may be
-- loading its model, its Secret may come with a later wave.
local published = said.ConfigPublished or ready
if published.reason == "Pending" or published.reason == "NoModels" then
  return because("Progressing", ready)
end
return because("Degraded", ready)
