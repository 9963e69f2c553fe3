using Tocsin.Notify;

namespace Tocsin.Estate;

/// <summary>What is allowed but would surprise somebody at night.</summary>
internal static class EstateWarnings
{
    /// <summary>How far ahead schedules are looked through.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(28);

    public static IEnumerable<EstateFault> Find(
        EstateModel model, IReadOnlyDictionary<EstateKey, (EstateMap Body, string Path)> bodies, EstateProviders providers, DateTimeOffset now)
    {
        var reach = new EstateReach(model);
        EstateFault Warning(string kind, string name, string path, string text)
        {
            var (body, at) = bodies[new(model.Workspace, kind, name)];
            return EstateFault.Warning((body.At(path) ?? body).Mark, path.Length == 0 ? at : EstateChecker.Join(at, path), text, name);
        }

        foreach (var user in model.Users.Values.Where(MustBeReachable))
        {
            yield return Warning("user", user.Name, "", $"user {user.Name} has no contact method and cannot be paged");
        }

        foreach (var user in model.Users.Values.Where(user => user is { Disabled: false, Contact.Count: > 0 } && user.Contact.All(c => providers.IsByDevices(c.Type))))
        {
            yield return Warning(
                "user", user.Name, "", $"user {user.Name} is reached only on devices that {user.Name} registers at run time (Me, Devices), which this file cannot show; add a contact method that does not depend on them");
        }

        foreach (var schedule in model.Schedules.Values)
        {
            if (reach.Schedule(schedule.Name).Gaps(now, now + Ahead).FirstOrDefault() is { } gap)
            {
                yield return Warning("schedule", schedule.Name, "", $"nobody is on call in schedule {schedule.Name} {Stretch(gap.From, gap.To, now)}");
            }
        }

        foreach (var policy in model.Policies.Values)
        {
            for (var i = 0; i < policy.Steps.Count; i++)
            {
                if (!reach.CanReach(policy.Steps[i]))
                {
                    yield return Warning("policy", policy.Name, $"steps[{i}]", $"step {i + 1} of policy {policy.Name} reaches nobody and falls through at once");
                }
            }
        }
    }

    private static bool MustBeReachable(Person user) => user is { Disabled: false, Contact.Count: 0, Role: not "viewer" };

    private static string Stretch(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now) =>
        from <= now && to >= now + Ahead ? "in the next 4 weeks"
        : from <= now ? $"until {to:yyyy-MM-dd'T'HH:mm}Z"
        : $"from {from:yyyy-MM-dd'T'HH:mm}Z to {to:yyyy-MM-dd'T'HH:mm}Z";
}
