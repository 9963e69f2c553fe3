using System.Globalization;

namespace Tocsin.OnCall;

internal enum RecurrenceUnit
{
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// <summary>How much work is left for one calendar, so that a hostile one cannot keep the process busy.</summary>
internal sealed class ExpansionBudget(int days)
{
    private int _left = days;

    public bool IsSpent => _left < 0;

    public bool Take(int count) => (_left -= count) >= 0;
}

/// <summary>
/// An RRULE of whole days: daily, weekly, monthly or yearly. Each period's days are those that pass all parts of the rule, in order;
/// BYSETPOS picks among them.
/// </summary>
internal sealed class RecurrenceRule
{
    private readonly RecurrenceUnit _unit;
    private int _interval = 1;
    private DayOfWeek _weekStart = DayOfWeek.Monday;
    private (int Nth, DayOfWeek Day)[] _byDay = [];
    private int[] _byMonthDay = [];
    private int[] _byMonth = [];
    private int[] _bySetPos = [];

    private RecurrenceRule(RecurrenceUnit unit) => _unit = unit;

    /// <summary>How many times in all, the first included; null: endless, or until.</summary>
    public int? Count { get; private set; }

    /// <summary>The last possible time, as it is written; null: none.</summary>
    public string? Until { get; private set; }

    /// <summary>An error says which part is not understood: a rule that is only half understood would put somebody on call at wrong times.</summary>
    public static Result<RecurrenceRule> Parse(string text)
    {
        Dictionary<string, string> parts = new(StringComparer.Ordinal);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || !parts.TryAdd(part[..equals].ToUpperInvariant(), part[(equals + 1)..].ToUpperInvariant()))
            {
                return Fault(part);
            }
        }

        RecurrenceUnit? unit = parts.GetValueOrDefault("FREQ") switch
        {
            "DAILY" => RecurrenceUnit.Daily,
            "WEEKLY" => RecurrenceUnit.Weekly,
            "MONTHLY" => RecurrenceUnit.Monthly,
            "YEARLY" => RecurrenceUnit.Yearly,
            _ => null,
        };
        if (unit is not { } known)
        {
            return Fault($"FREQ={parts.GetValueOrDefault("FREQ")}");
        }

        var rule = new RecurrenceRule(known);
        foreach (var (name, value) in parts)
        {
            if (!rule.Take(name, value))
            {
                return Fault($"{name}={value}");
            }
        }

        return rule;
    }

    private static Error Fault(string part) => Error.Invalid("rrule", $"the part '{(part.Length > 60 ? part[..60] : part)}' of a repetition is not understood");

    private bool Take(string name, string value)
    {
        switch (name)
        {
            case "FREQ":
                return true;
            case "INTERVAL":
                return Number(value, 1, 10_000, out _interval);
            case "COUNT":
                var counted = Number(value, 1, 1_000_000, out var count);
                Count = count;
                return counted;
            case "UNTIL":
                Until = value;
                return IcalTime.Read(value, NodaTime.DateTimeZone.Utc) is not null;
            case "WKST":
                return Weekday(value, out _weekStart);
            case "BYMONTH":
                return Numbers(value, 1, 12, out _byMonth);
            case "BYMONTHDAY":
                return Numbers(value, -31, 31, out _byMonthDay) && !_byMonthDay.Contains(0);
            case "BYSETPOS":
                return Numbers(value, -366, 366, out _bySetPos) && !_bySetPos.Contains(0);
            case "BYDAY":
                return Weekdays(value);
            default:
                return false;
        }
    }

    /// <summary>The days of the rule from one on, in order; the first day itself only if the rule names it. Ends soon after <paramref name="last"/>.</summary>
    /// <param name="first">The day of the first time, from which periods are counted.</param>
    /// <param name="budget">When it is spent, the days end early.</param>
    public IEnumerable<DateTime> Days(DateTime first, DateTime last, ExpansionBudget budget)
    {
        for (var period = 0L; ; period++)
        {
            if (PeriodOf(first, period * _interval) is not { } days || days.From > last || !budget.Take(days.Count))
            {
                yield break;
            }

            var passed = Passing(first, days.From, days.Count);
            foreach (var day in _bySetPos.Length == 0 ? passed : Picked(passed))
            {
                if (day >= first)
                {
                    yield return day;
                }
            }
        }
    }

    /// <returns>Null: beyond the calendar.</returns>
    private (DateTime From, int Count)? PeriodOf(DateTime first, long steps)
    {
        switch (_unit)
        {
            case RecurrenceUnit.Daily:
                return Plus(first, steps) is { } day ? (day, 1) : null;
            case RecurrenceUnit.Weekly:
                var back = ((int)first.DayOfWeek - (int)_weekStart + 7) % 7;
                return Plus(first, (steps * 7) - back) is { } week && Plus(week, 7) is not null ? (week, 7) : null;
            case RecurrenceUnit.Monthly:
                var month = (first.Year * 12L) + first.Month - 1 + steps;
                return month / 12 <= 9999 ? (new((int)(month / 12), (int)(month % 12) + 1, 1), DateTime.DaysInMonth((int)(month / 12), (int)(month % 12) + 1)) : null;
            default:
                var year = first.Year + steps;
                return year <= 9999 ? (new((int)year, 1, 1), DateTime.IsLeapYear((int)year) ? 366 : 365) : null;
        }
    }

    private static DateTime? Plus(DateTime day, long days) =>
        days < (DateTime.MaxValue - day).Days && days > -(day - DateTime.MinValue).Days ? day.AddDays(days) : null;

    private List<DateTime> Passing(DateTime first, DateTime from, int count)
    {
        List<DateTime> passed = [];

        // Without any day, the first time's own is meant.
        var implied = _byDay.Length == 0 && _byMonthDay.Length == 0 && _unit != RecurrenceUnit.Daily;
        for (var i = 0; i < count; i++)
        {
            var day = from.AddDays(i);
            if ((_byMonth.Length == 0 || _byMonth.Contains(day.Month))
                && (!implied || IsLike(first, day))
                && (_byMonthDay.Length == 0 || _byMonthDay.Contains(day.Day) || _byMonthDay.Contains(day.Day - DateTime.DaysInMonth(day.Year, day.Month) - 1))
                && (_byDay.Length == 0 || Array.Exists(_byDay, d => d.Day == day.DayOfWeek && (d.Nth == 0 || d.Nth == NthOf(day) || d.Nth == NthFromEnd(day)))))
            {
                passed.Add(day);
            }
        }

        return passed;
    }

    private bool IsLike(DateTime first, DateTime day) => _unit switch
    {
        RecurrenceUnit.Weekly => day.DayOfWeek == first.DayOfWeek,
        RecurrenceUnit.Monthly => day.Day == first.Day,
        _ => day.Day == first.Day && (_byMonth.Length > 0 || day.Month == first.Month),
    };

    /// <summary>Whether 2MO counts the Mondays of the year and not of the month.</summary>
    private bool CountsInYear => _unit == RecurrenceUnit.Yearly && _byMonth.Length == 0;

    private int NthOf(DateTime day) => (((CountsInYear ? day.DayOfYear : day.Day) - 1) / 7) + 1;

    private int NthFromEnd(DateTime day)
    {
        var left = CountsInYear ? (DateTime.IsLeapYear(day.Year) ? 366 : 365) - day.DayOfYear : DateTime.DaysInMonth(day.Year, day.Month) - day.Day;
        return -((left / 7) + 1);
    }

    private IEnumerable<DateTime> Picked(List<DateTime> passed) => _bySetPos
        .Select(position => position > 0 ? position - 1 : passed.Count + position)
        .Where(index => index >= 0 && index < passed.Count)
        .Distinct()
        .Order()
        .Select(index => passed[index]);

    private bool Weekdays(string value)
    {
        List<(int, DayOfWeek)> days = [];
        foreach (var word in value.Split(',', StringSplitOptions.TrimEntries))
        {
            if (word.Length < 2 || !Weekday(word[^2..], out var day))
            {
                return false;
            }

            var nth = 0;
            if (word.Length > 2 && (!Number(word[..^2], -53, 53, out nth) || nth == 0 || _unit is RecurrenceUnit.Daily or RecurrenceUnit.Weekly))
            {
                return false;
            }

            days.Add((nth, day));
        }

        _byDay = [.. days];
        return true;
    }

    private static bool Weekday(string word, out DayOfWeek day)
    {
        var index = Array.IndexOf(["SU", "MO", "TU", "WE", "TH", "FR", "SA"], word);
        day = (DayOfWeek)Math.Max(0, index);
        return index >= 0;
    }

    private static bool Number(string text, int least, int most, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= least && number <= most;

    private static bool Numbers(string text, int least, int most, out int[] numbers)
    {
        List<int> found = [];
        numbers = [];
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Number(word, least, most, out var number))
            {
                return false;
            }

            found.Add(number);
        }

        numbers = [.. found];
        return true;
    }
}
