using System.Text.Json;
using Tocsin.Escalation;
using Tocsin.Estate;

namespace Tocsin.Incidents;

/// <summary>Which version of a policy an incident runs on: the one that it began with, until an administrator moves it.</summary>
internal static class PolicyVersion
{
    /// <summary>Whether the estate has another version of the incident's policy by now.</summary>
    public static bool IsOld(EstateSnapshot estate, IncidentState state) =>
        state.PolicyRevision != estate.Model.Revision && estate.Model.Policies.TryGetValue(state.Policy.Name, out var now) && !Same(now, Own(state));

    /// <summary>The policy without the step in front that handing over made.</summary>
    public static Policy Own(IncidentState state) => state.HandedTo is null ? state.Policy : state.Policy with { Steps = [.. state.Policy.Steps.Skip(1)] };

    private static bool Same(Policy one, Policy other) => Text(one) == Text(other);

    private static string Text(Policy policy) => JsonSerializer.Serialize(policy, IncidentJson.Default.Policy);
}
