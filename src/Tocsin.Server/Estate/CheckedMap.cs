namespace Tocsin.Estate;

/// <summary>Values of a map that the table has already checked.</summary>
internal static class CheckedMap
{
    public static string Text(this EstateMap map, string key) => map.TextOrNull(key) ?? throw new KeyNotFoundException(key);

    public static string? TextOrNull(this EstateMap map, string key) => map.TryText(key, out var text) ? text : null;

    public static IReadOnlyList<string> Texts(this EstateMap map, string key) =>
        map.Find(key) is EstateList list ? Texts(list) : [];

    public static IReadOnlyList<string> Texts(EstateNode list) => [.. ((EstateList)list).Items.Cast<EstateScalar>().Select(s => s.Text)];

    public static bool Flag(this EstateMap map, string key) => map.TextOrNull(key) == "true";

    public static int? Whole(this EstateMap map, string key) => map.TryText(key, out var text) ? int.Parse(text) : null;

    public static TimeSpan? Duration(this EstateMap map, string key) =>
        map.TryText(key, out var text) && DurationText.TryParse(text, out var duration) ? duration : null;

    public static DateTime? LocalTime(this EstateMap map, string key) =>
        map.TryText(key, out var text) && EstateTable.TryLocal(text, out var local) ? local : null;

    public static DateTimeOffset? Instant(this EstateMap map, string key) =>
        map.TryText(key, out var text) && EstateTable.TryInstant(text, out var instant) ? instant : null;

    public static TimeOnly? TimeOfDay(this EstateMap map, string key) =>
        map.TryText(key, out var text) && EstateTable.TryTimeOfDay(text, out var time) ? time : null;

    /// <summary>The node at a path such as <c>rotations[0].every</c>; of a path that leads nowhere the last node that is there.</summary>
    public static EstateNode? At(this EstateMap map, string path)
    {
        EstateNode node = map;
        foreach (var step in path.Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            var next = node switch
            {
                EstateMap m => m.Find(step),
                EstateList l when int.TryParse(step.TrimEnd(']'), out var i) && i < l.Items.Count => l.Items[i],
                _ => null,
            };
            if (next is null)
            {
                break;
            }

            node = next;
        }

        return node;
    }
}
