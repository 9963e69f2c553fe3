using Tocsin.OnCall;

namespace Tocsin.Reports;

/// <summary>How much one person was on call, and how much would have been their share. Formulas: <c>docs/reference/reports.md</c>.</summary>
public sealed record DutyFigures
{
    public required string User { get; init; }

    /// <summary>In whose nights and weekends.</summary>
    public required string TimeZone { get; init; }

    /// <summary>On call by the final schedules; on two of them at once counts twice.</summary>
    public DutyTime Real { get; init; }

    /// <summary>By the rotations alone, as if there were no overrides, covers and time off.</summary>
    public DutyTime Planned { get; init; }

    /// <summary>What the person's places in the rotations would come to if turns were spread evenly over the span; all zero for somebody in no rotation.</summary>
    public DutyTime Expected { get; init; }

    /// <summary>Nights, 22:00 to 07:00, of which at least an hour was on call.</summary>
    public int Nights { get; init; }

    /// <summary>Weekends of which at least an hour was on call.</summary>
    public int Weekends { get; init; }
}

/// <summary>Time on call: all of it, and what of it was at night and on weekends on the person's own clock.</summary>
public readonly record struct DutyTime(TimeSpan All, TimeSpan Nights, TimeSpan Weekends)
{
    public static DutyTime operator +(DutyTime a, DutyTime b) => new(a.All + b.All, a.Nights + b.Nights, a.Weekends + b.Weekends);

    public static DutyTime operator *(DutyTime a, double times) => new(a.All * times, a.Nights * times, a.Weekends * times);
}

/// <summary>A schedule, and what people and calendars entered for it.</summary>
public sealed record DutySchedule(Schedule Schedule, OnCallEntries Entries);

/// <param name="Cycle">How long it takes until everybody of its slowest rotation has had their turns; months count as 30 days.</param>
public sealed record ScheduleDuty(string Name, string? Team, TimeSpan Gaps, TimeSpan Cycle);

/// <summary>0: one has all, another nothing; 100: everybody has exactly their share. Null: fewer than two people have a share.</summary>
public readonly record struct Balance(double? Hours, double? Nights, double? Weekends)
{
    /// <summary>Hours count half, nights and weekends a quarter each; where one of them is null the others count for it.</summary>
    public double? Score
    {
        get
        {
            (double? Value, double Weight)[] parts = [(Hours, 2), (Nights, 1), (Weekends, 1)];
            var known = parts.Where(p => p.Value is not null).ToArray();
            return known.Length == 0 ? null : known.Sum(p => p.Value!.Value * p.Weight) / known.Sum(p => p.Weight);
        }
    }

    /// <summary>
    /// The mean over all pairs of people of the smaller load over the larger one, times 100. A load is the real time over the expected time, so that
    /// somebody who has every other turn is expected to carry more; whoever is expected to do nothing is in no pair.
    /// </summary>
    /// <param name="people">Real and expected time of each.</param>
    public static double? Of(IEnumerable<(TimeSpan Real, TimeSpan Expected)> people)
    {
        var loads = people.Where(p => p.Expected > TimeSpan.Zero).Select(p => p.Real / p.Expected).Order().ToArray();
        if (loads.Length < 2)
        {
            return null;
        }

        // Sorted, so that the smaller of each pair is known, and the sum of all smaller ones grows as one goes.
        var (sum, smaller) = (0.0, 0.0);
        for (var i = 0; i < loads.Length; i++)
        {
            sum += loads[i] > 0 ? smaller / loads[i] : i;
            smaller += loads[i];
        }

        return 100 * sum / (loads.Length * (loads.Length - 1) / 2.0);
    }
}

public sealed record FairnessReport(IReadOnlyList<DutyFigures> People, IReadOnlyList<ScheduleDuty> Schedules, Balance Balance)
{
    /// <summary>What makes a night or a weekend one that was on call.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromHours(1);

    /// <param name="schedules">With what people entered for them; rotations as they are now.</param>
    /// <param name="clockOf">By user.</param>
    /// <param name="mostStretches">Of all schedules together.</param>
    /// <returns>Null: they change more often than <paramref name="mostStretches"/> times within the span.</returns>
    public static FairnessReport? Of(
        IEnumerable<DutySchedule> schedules, Func<string, PersonalClock> clockOf, DateTimeOffset from, DateTimeOffset to, int mostStretches)
    {
        var ledger = new Ledger(clockOf, from, to, mostStretches);
        List<ScheduleDuty> known = [];
        foreach (var schedule in schedules)
        {
            if (ledger.Add(schedule) is not { } duty)
            {
                return null;
            }

            known.Add(duty);
        }

        var people = ledger.People().OrderByDescending(p => p.Real.All).ThenBy(p => p.User, StringComparer.Ordinal).ToArray();
        return new(people, known, new(
            Balance.Of(people.Select(p => (p.Real.All, p.Expected.All))), Balance.Of(people.Select(p => (p.Real.Nights, p.Expected.Nights))),
            Balance.Of(people.Select(p => (p.Real.Weekends, p.Expected.Weekends)))));
    }

    private sealed class Ledger(Func<string, PersonalClock> clockOf, DateTimeOffset from, DateTimeOffset to, int mostStretches)
    {
        private readonly Dictionary<string, Account> _accounts = new(StringComparer.Ordinal);
        private int _left = mostStretches;

        /// <returns>Null: too many stretches.</returns>
        public ScheduleDuty? Add(DutySchedule duty)
        {
            var (schedule, entries) = duty;

            // What a calendar says as turns is as much a plan as a rotation is.
            var turns = schedule.Calendar is { Use: CalendarUse.Shifts } ? entries.Calendar : [];
            var plain = OnCallCalendar.Compile(schedule with { Overrides = [] }, OnCallEntries.None with { Calendar = turns });
            if (Read(OnCallCalendar.Compile(schedule, entries)) is not { } real || Read(plain) is not { } planned)
            {
                return null;
            }

            foreach (var (user, held) in Held(real))
            {
                var account = Of(user);
                account.Real += account.Hours(held);
                account.Duty = account.Duty.Or(held);
            }

            foreach (var (user, held) in Held(planned))
            {
                var account = Of(user);
                account.Planned += account.Hours(held);
            }

            var gaps = real.Where(s => s.Users.Count == 0).Aggregate(TimeSpan.Zero, (sum, s) => sum + (s.To - s.From));
            return Expect(schedule, ExpectTurns(turns)) ? new(schedule.Name, schedule.Team, gaps, CycleOf(schedule)) : null;
        }

        public IEnumerable<DutyFigures> People() => _accounts.Select(a => new DutyFigures
        {
            User = a.Key,
            TimeZone = a.Value.Clock.TimeZone,
            Real = a.Value.Real,
            Planned = a.Value.Planned,
            Expected = a.Value.Expected,
            Nights = a.Value.Nights.CountHolding(a.Value.Duty, Least),
            Weekends = a.Value.Weekends.CountHolding(a.Value.Duty, Least),
        });

        /// <summary>Shares out the time of each rotation, where no higher one is on call, among its people by the number of their places in its turns.</summary>
        /// <param name="higher">When something above all rotations decides.</param>
        private bool Expect(Schedule schedule, Stretches higher)
        {
            foreach (var level in schedule.Rotations.GroupBy(r => r.Priority).OrderByDescending(g => g.Key))
            {
                var held = Stretches.None;
                foreach (var rotation in level)
                {
                    if (Read(OnCallCalendar.Compile(schedule with { Rotations = [rotation], Overrides = [] })) is not { } shifts)
                    {
                        return false;
                    }

                    var byCount = shifts.Where(s => s.Users.Count > 0).GroupBy(s => s.Users.Count)
                        .Select(g => (People: g.Key, Time: Stretches.Of(g.Select(s => (s.From, s.To))))).ToArray();
                    var places = rotation.InTurn().SelectMany(turn => turn).ToArray();
                    foreach (var place in places.GroupBy(user => user, StringComparer.Ordinal))
                    {
                        var account = Of(place.Key);
                        foreach (var (people, time) in byCount)
                        {
                            account.Expected += account.Hours(time.Without(higher)) * ((double)people * place.Count() / places.Length);
                        }
                    }

                    held = byCount.Aggregate(held, (sum, part) => sum.Or(part.Time));
                }

                higher = higher.Or(held);
            }

            return true;
        }

        /// <summary>Shares out what a calendar says among those whom it names in the span, to each the same.</summary>
        /// <returns>When it names anybody.</returns>
        private Stretches ExpectTurns(IReadOnlyList<CalendarShift> turns)
        {
            var named = turns.Select(t => (t.User, From: t.From > from ? t.From : from, To: t.To < to ? t.To : to)).Where(t => t.From < t.To)
                .GroupBy(t => t.User, StringComparer.Ordinal).Select(g => (User: g.Key, Time: Stretches.Of(g.Select(t => (t.From, t.To))))).ToArray();
            foreach (var account in named.Select(n => Of(n.User)))
            {
                account.Expected = named.Aggregate(account.Expected, (sum, n) => sum + (account.Hours(n.Time) * (1.0 / named.Length)));
            }

            return named.Aggregate(Stretches.None, (sum, n) => sum.Or(n.Time));
        }

        private List<Shift>? Read(CompiledSchedule schedule)
        {
            var shifts = schedule.Shifts(from, to).Take(_left + 1).ToList();
            _left -= shifts.Count;
            return _left < 0 ? null : shifts;
        }

        private static IEnumerable<(string User, Stretches Held)> Held(List<Shift> shifts) =>
            shifts.SelectMany(s => s.Users.Select(user => (User: user, s.From, s.To))).GroupBy(s => s.User, StringComparer.Ordinal)
                .Select(g => (g.Key, Stretches.Of(g.Select(s => (s.From, s.To)))));

        private static TimeSpan CycleOf(Schedule schedule) => schedule.Rotations
            .Select(r => r.InTurn().Count() * r.Every.Count * r.Every.Unit switch
            {
                PeriodUnit.Hour => TimeSpan.FromHours(1),
                PeriodUnit.Day => TimeSpan.FromDays(1),
                PeriodUnit.Week => TimeSpan.FromDays(7),
                _ => TimeSpan.FromDays(30),
            })
            .DefaultIfEmpty(TimeSpan.Zero).Max();

        private Account Of(string user)
        {
            if (!_accounts.TryGetValue(user, out var account))
            {
                var clock = clockOf(user);
                account = _accounts[user] = new(clock, clock.Nights(from, to), clock.Weekends(from, to));
            }

            return account;
        }
    }

    private sealed class Account(PersonalClock clock, Stretches nights, Stretches weekends)
    {
        public PersonalClock Clock { get; } = clock;

        public Stretches Nights { get; } = nights;

        public Stretches Weekends { get; } = weekends;

        public Stretches Duty { get; set; } = Stretches.None;

        public DutyTime Real { get; set; }

        public DutyTime Planned { get; set; }

        public DutyTime Expected { get; set; }

        public DutyTime Hours(Stretches held) => new(held.Length, held.Within(Nights), held.Within(Weekends));
    }
}
