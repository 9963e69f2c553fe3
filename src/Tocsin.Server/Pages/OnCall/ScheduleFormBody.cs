using System.Globalization;
using Tocsin.Estate;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>A schedule's form from what is stored, and back. What the form does not show stays as it is stored; what was not changed is written as it was.</summary>
internal static class ScheduleFormBody
{
    private static readonly EstateMap _empty = new([], Place.None);

    public static ScheduleForm Read(EstateMap body) => new()
    {
        Name = Text(body, "name"),
        Team = Text(body, "team"),
        TimeZone = Text(body, "time_zone"),
        Holidays = Texts(body.Find("holidays")),
        AllowOverlap = body.Flag("allow_overlap"),
        Rotations = [.. Maps(body, "rotations").Select(ReadRotation)],
    };

    /// <param name="stored">Null: there is none yet.</param>
    public static EstateMap Write(ScheduleForm form, EstateMap? stored)
    {
        var old = Maps(stored ?? _empty, "rotations").ToLookup(r => Text(r, "name"), StringComparer.Ordinal);
        var body = Set(stored ?? _empty, "name", Scalar(form.Name));
        body = Set(body, "team", Scalar(form.Team));
        body = Set(body, "time_zone", Scalar(form.TimeZone));
        body = Set(body, "holidays", List(form.Holidays));
        body = form.AllowOverlap == body.Flag("allow_overlap") ? body : Set(body, "allow_overlap", form.AllowOverlap ? new EstateScalar("true", Place.None, isLiteral: true) : null);
        return Set(body, "rotations", form.Rotations.Count == 0 ? null : new EstateList([.. form.Rotations.Select(r => WriteRotation(r, (r.Was.Length > 0 ? old[r.Was].FirstOrDefault() : null) ?? _empty))], Place.None));
    }

    /// <summary>What the form is about, and may carry: all but the overrides, which are entered and end by themselves, and the calendar's address, which is a secret.</summary>
    public static EstateMap OfForm(EstateMap body) => new([.. body.Entries.Where(e => e.Key is not ("overrides" or "calendar"))], body.Mark);

    private static RotationForm ReadRotation(EstateMap map)
    {
        var every = Text(map, "every");
        var digits = every.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var windows = Maps(map, "windows").ToList();
        return new()
        {
            Was = Text(map, "name"),
            Name = Text(map, "name"),
            Turns = map.Find("turns") is EstateList turns ? [.. turns.Items.Select(Texts)] : [.. Texts(map.Find("users")).Select(IReadOnlyList<string> (user) => [user])],
            Count = digits > 0 ? every[..digits] : every,
            Unit = digits > 0 ? every[digits..] : "",
            Start = Text(map, "start"),
            End = Text(map, "end"),
            TimeZone = Text(map, "time_zone"),
            Priority = Text(map, "priority"),
            Windows = [.. (windows.Count > 0 ? windows : map.Find("days") is not null || map.Find("from") is not null || map.Find("to") is not null ? [map] : [])
                .Select(w => new WindowForm(Texts(w.Find("days")), Text(w, "from"), Text(w, "to")))],
        };
    }

    private static EstateMap WriteRotation(RotationForm form, EstateMap map)
    {
        map = Set(map, "name", Scalar(form.Name));
        var single = map.Find("turns") is null && form.Turns.All(t => t.Count == 1);
        map = Set(map, "users", single ? List([.. form.Turns.Select(t => t[0])]) : null);
        map = Set(map, "turns", single || form.Turns.Count == 0 ? null : new EstateList([.. form.Turns.Select(t => List(t)!)], Place.None));
        map = Set(map, "start", Scalar(form.Start));
        map = Set(map, "every", Scalar(form.Count + form.Unit));
        map = Set(map, "end", Scalar(form.End));
        map = Set(map, "time_zone", Scalar(form.TimeZone));
        var flat = form.Windows.Count == 0 || (form.Windows.Count == 1 && map.Find("windows") is null);
        map = Set(map, "windows", flat ? null : new EstateList([.. form.Windows.Select(w => WriteWindow(w, _empty))], Place.None));
        map = WriteWindow(flat && form.Windows is [var only] ? only : new([], "", ""), map);
        var priority = int.TryParse(form.Priority, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : (int?)null;
        return Set(map, "priority", priority is { } known && (known != 0 || map.Find("priority") is not null)
            ? new EstateScalar(known.ToString(CultureInfo.InvariantCulture), Place.None, isLiteral: true)
            : priority is null ? Scalar(form.Priority) : null);
    }

    private static EstateMap WriteWindow(WindowForm form, EstateMap map)
    {
        map = Set(map, "days", List(form.Days));
        map = Set(map, "from", Scalar(form.From));
        return Set(map, "to", Scalar(form.To));
    }

    /// <summary>The same map with a value; null removes the key. A value that is the same stays as it was written.</summary>
    private static EstateMap Set(EstateMap map, string key, EstateNode? value)
    {
        var old = map.Find(key);
        return EstateNode.Same(old, value) || (value is null && old is EstateList { Items.Count: 0 }) ? map
            : value is null ? new([.. map.Entries.Where(e => e.Key != key)], map.Mark)
            : map.With(key, value);
    }

    private static EstateScalar? Scalar(string text) => text.Length == 0 ? null : new(text, Place.None);

    private static EstateList? List(IReadOnlyList<string> texts) => texts.Count == 0 ? null : new([.. texts.Select(t => new EstateScalar(t, Place.None))], Place.None);

    /// <summary>As it is written, so that a reference stays one.</summary>
    private static string Text(EstateMap map, string key) => (map.Find(key) as EstateScalar)?.Written ?? "";

    private static IReadOnlyList<string> Texts(EstateNode? list) => list is EstateList known ? [.. known.Items.OfType<EstateScalar>().Select(s => s.Written)] : [];

    private static IEnumerable<EstateMap> Maps(EstateMap map, string key) => map.Find(key) is EstateList list ? list.Items.OfType<EstateMap>() : [];
}
