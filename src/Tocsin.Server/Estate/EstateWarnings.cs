using Tocsin.Notify;
using Tocsin.OnCall;

namespace Tocsin.Estate;

/// <summary>What is allowed but would surprise somebody at night.</summary>
internal static class EstateWarnings
{
    /// <summary>How far ahead schedules are looked through.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(366);

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
            var coverage = reach.Schedule(schedule.Name).Coverage(now, now + Ahead);

            // What a calendar says is not in the file.
            if (coverage.Gaps.Count > 0 && schedule.Calendar is null)
            {
                yield return Warning("schedule", schedule.Name, "", $"nobody is on call in schedule {schedule.Name} {Stretches(coverage.Gaps, now)}");
            }

            if (coverage.Overlaps is [var overlap, ..] && !schedule.AllowOverlap)
            {
                yield return Warning(
                    "schedule", schedule.Name, "rotations",
                    $"{overlap.Because} of schedule {schedule.Name} put different people on call together {Stretches(coverage.Overlaps, now)}; give them priorities, or say \"allow_overlap: true\"");
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

    private static string Stretches(IReadOnlyList<Shift> shifts, DateTimeOffset now) =>
        Stretch(shifts[0], now) + (shifts.Count == 1 ? "" : $", the first of {shifts.Count} times in the next 366 days");

    private static string Stretch(Shift shift, DateTimeOffset now) =>
        shift.From <= now && shift.To >= now + Ahead ? "in the next 366 days"
        : shift.From <= now ? $"until {shift.To:yyyy-MM-dd'T'HH:mm}Z"
        : shift.To >= now + Ahead ? $"from {shift.From:yyyy-MM-dd'T'HH:mm}Z on"
        : $"from {shift.From:yyyy-MM-dd'T'HH:mm}Z to {shift.To:yyyy-MM-dd'T'HH:mm}Z";
}
