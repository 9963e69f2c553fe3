using Tocsin.Escalation;
using Tocsin.Providers;

namespace Tocsin.Estate;

/// <summary>
/// Holds trees against the table: keys, values, names of other objects, settings of providers. Finds every fault, not just the first.
/// What concerns two values of one object is the compiler's.
/// </summary>
/// <param name="names">The names of the workspace's objects by kind, also of those that have faults themselves.</param>
/// <param name="lenient">
/// Settings of notifiers, and secrets that need not be there, whose references cannot be filled in are empty instead of faults: one missing variable
/// must not take a whole estate out of use.
/// </param>
internal sealed class EstateChecker(
    IReadOnlyDictionary<string, IReadOnlySet<string>> names, EstateProviders providers, bool lenient, List<EstateFault> faults, List<EstateFault> warnings)
{
    private static readonly ScalarShape AnyText = new("a text", _ => true) { MayBeEmpty = true };

    /// <summary>Fills in the references of an object and checks it.</summary>
    /// <returns>The filled object; null when it has faults.</returns>
    public EstateMap? Check(EstateMap body, MapShape shape, string path, EstateResolver resolver)
    {
        var before = faults.Count;
        var filled = (EstateMap)Fill(body, resolver);
        Check(filled, shape, path, secret: false);
        return faults.Count == before ? filled : null;
    }

    private static EstateNode Fill(EstateNode node, EstateResolver resolver) => node switch
    {
        EstateScalar { IsStandIn: false } scalar when EstateReferences.Any(scalar.Written) => Fill(scalar, resolver),
        EstateList list => new EstateList([.. list.Items.Select(item => Fill(item, resolver))], list.Mark),
        EstateMap map => new EstateMap([.. map.Entries.Select(e => e with { Value = Fill(e.Value, resolver) })], map.Mark),
        _ => node,
    };

    private static EstateScalar Fill(EstateScalar scalar, EstateResolver resolver)
    {
        var filled = EstateReferences.Fill(scalar.Written, resolver);
        return !filled.Ok ? new("", scalar.Mark, written: scalar.Written) { Unfilled = filled.Error.Detail }
            : EstateScalar.FirstBadCharacter(filled.Value) >= 0 ? new("", scalar.Mark, written: scalar.Written) { Unfilled = "what the reference stands for has control characters" }
            : new(filled.Value, scalar.Mark, written: scalar.Written);
    }

    private void Check(EstateNode node, EstateShape shape, string path, bool secret)
    {
        switch (shape, node)
        {
            case (_, EstateScalar { Unfilled: { } why }):
                Fault(node.Mark, path, why, Shown((EstateScalar)node));
                break;
            case (_, EstateScalar { IsStandIn: true }):
                break;
            case (ScalarShape s, EstateScalar scalar):
                CheckScalar(scalar, s, path, secret);
                break;
            case (ListShape s, EstateList list):
                CheckList(list, s, path);
                break;
            case (MapShape s, EstateMap map):
                CheckMap(map, s, path);
                break;
            case (TextsShape, EstateMap map):
                foreach (var entry in map.Entries)
                {
                    Check(entry.Value, AnyText, Join(path, entry.Key), secret: false);
                }

                break;
            default:
                Fault(node.Mark, path, $"{Last(path)} must be {Says(shape)}, not {Says(node)}");
                break;
        }
    }

    private void CheckScalar(EstateScalar scalar, ScalarShape shape, string path, bool secret)
    {
        if (scalar.Text.Length == 0 && !shape.MayBeEmpty)
        {
            Fault(scalar.Mark, path, $"{Last(path)} is empty; it must be {shape.Says}");
        }
        else if (!shape.Reads(scalar.Text))
        {
            // A filled-in value is not shown: it may be a secret that stands in the wrong place.
            var shown = secret ? null : Shown(scalar);
            var subject = secret ? $"the value of {Last(path)}" : scalar.HasReferences ? $"what {shown} stands for" : $"\"{shown}\"";
            Fault(scalar.Mark, path, $"{subject} is not {shape.Says}", shown, scalar.HasReferences || secret ? null : shape.Nearest?.Invoke(scalar.Text) ?? NearestName.Find(scalar.Text, shape.Words));
        }
        else if (shape.IsTarget && Target.TryParse(scalar.Text, out var target))
        {
            var kind = target.Kind.ToString().ToLowerInvariant();
            CheckName(scalar, target.Name, kind, path, near => $"{kind}:{near}");
        }
        else if (shape.Names is { } kind && scalar.Text != shape.OrWord)
        {
            CheckName(scalar, scalar.Text, kind, path, near => near);
        }
    }

    private void CheckName(EstateScalar scalar, string name, string kind, string path, Func<string, string> written)
    {
        var known = names.GetValueOrDefault(kind);
        if (known?.Contains(name) != true)
        {
            var near = NearestName.Find(name, known ?? Enumerable.Empty<string>());
            Fault(scalar.Mark, path, scalar.HasReferences ? $"{Shown(scalar)} stands for an unknown {kind}" : $"unknown {kind} \"{name}\"", Shown(scalar), near is null ? null : written(near));
        }
    }

    private void CheckList(EstateList list, ListShape shape, string path)
    {
        if (list.Items.Count < shape.AtLeast)
        {
            Fault(list.Mark, path, $"{Last(path)} needs at least {(shape.AtLeast == 1 ? "one entry" : $"{shape.AtLeast} entries")}");
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            Check(list.Items[i], shape.Item, $"{path}[{i}]", secret: false);
        }
    }

    private void CheckMap(EstateMap map, MapShape shape, string path)
    {
        var info = CheckProvider(map, shape, path, out var knowsKeys);
        foreach (var entry in map.Entries)
        {
            if (shape.Fields.FirstOrDefault(f => f.Key == entry.Key || f.Alias == entry.Key) is { } field)
            {
                if (lenient && field is { Secret: true, Required: false } && entry.Value is EstateScalar { Unfilled: { } why } lacking)
                {
                    warnings.Add(EstateFault.Warning(lacking.Mark, Join(path, entry.Key), why, Shown(lacking)));
                    continue;
                }

                Check(entry.Value, field.Shape, Join(path, entry.Key), field.Secret);
                if (entry.Key == field.Alias && map.Find(field.Key) is not null)
                {
                    Fault(entry.Mark, Join(path, entry.Key), $"\"{field.Alias}\" and \"{field.Key}\" mean the same; give one of them", entry.Key);
                }
            }
            else if (info?.Settings.FirstOrDefault(s => s.Key == entry.Key) is { } setting)
            {
                CheckSetting(entry, Join(path, entry.Key), setting.Secret, lenient && shape.Port == ProviderPort.Notifier);
            }
            else if (knowsKeys)
            {
                var known = shape.Fields.Select(f => f.Key).Concat(info?.Settings.Select(s => s.Key) ?? []);
                var what = info is null ? shape.Says : $"{shape.Says} of type {info.Id}";
                Fault(entry.Mark, Join(path, entry.Key), $"unknown key \"{entry.Key}\" in {what}", entry.Key, NearestName.Find(entry.Key, known));
            }
        }

        foreach (var field in shape.Fields.Where(f => f.Required && map.Find(f.Key) is null && (f.Alias is null || map.Find(f.Alias) is null)))
        {
            Fault(map.Mark, path, $"{shape.Says} needs \"{field.Key}\": {field.Help}");
        }

        foreach (var setting in info?.Settings.Where(s => s.Required && map.Find(s.Key) is null) ?? [])
        {
            Fault(map.Mark, path, $"{shape.Says} of type {info!.Id} needs \"{setting.Key}\": {setting.Help}");
        }
    }

    private void CheckSetting(EstateEntry entry, string path, bool secret, bool mayLack)
    {
        if (mayLack && entry.Value is EstateScalar { Unfilled: { } why } scalar)
        {
            warnings.Add(EstateFault.Warning(scalar.Mark, path, why, Shown(scalar)));
        }
        else
        {
            Check(entry.Value, AnyText, path, secret);
        }
    }

    /// <param name="knowsKeys">False: the type is missing or unknown, so that nobody can say which settings it has.</param>
    private ProviderInfo? CheckProvider(EstateMap map, MapShape shape, string path, out bool knowsKeys)
    {
        knowsKeys = shape.Port == ProviderPort.None;
        if (knowsKeys || map.Find("type") is not EstateScalar { Unfilled: null, Text.Length: > 0 } type)
        {
            return null;
        }

        var info = providers.Find(shape.Port, type.Text);
        if (info is null)
        {
            var known = providers.Of(shape.Port).Select(i => i.Id).Order(StringComparer.Ordinal).ToArray();
            Fault(type.Mark, Join(path, "type"), $"unknown type \"{Shown(type)}\" of {shape.Says}; there are {string.Join(", ", known)}", Shown(type), NearestName.Find(type.Text, known));
        }

        knowsKeys = info is not null;
        return info;
    }

    private void Fault(Mark mark, string path, string text, string? value = null, string? nearest = null) =>
        faults.Add(EstateFault.Error(mark, path, text, value, nearest));

    public static string Join(string path, string key) => path.Length == 0 || path.EndsWith(": ", StringComparison.Ordinal) ? path + key : $"{path}.{key}";

    /// <summary>The text as it may be shown: what stands in the file, shortened, without the defaults of references.</summary>
    private static string Shown(EstateScalar scalar)
    {
        var text = scalar.HasReferences ? EstateReferences.WithoutDefaults(scalar.Written) : scalar.Written;
        return text.Length <= 100 ? text : $"{text[..100]}…";
    }

    private static string Last(string path) => $"\"{path[(path.LastIndexOf('.') + 1)..]}\"";

    private static string Says(EstateShape shape) => shape switch
    {
        ScalarShape s => s.Says,
        ListShape s => $"a list of {s.Items}",
        MapShape s => $"{s.Says}, with keys and values",
        TextsShape s => s.Says,
        _ => "something else",
    };

    private static string Says(EstateNode node) => node switch
    {
        EstateScalar => "a single text",
        EstateList => "a list",
        _ => "keys and values",
    };
}
