namespace Tocsin.Estate;

/// <summary>
/// Which values are secret, and how they leave and come back. A secret that is stored as such is exported as a reference named after its
/// place, <c>${env:TOCSIN_SOURCE_PROMETHEUS_KEY}</c>. Coming back, that very reference means the stored value as long as no such variable
/// is set. References of people's own are not touched.
/// </summary>
internal sealed class EstateSecrets(EstateProviders providers)
{
    /// <summary>The object without the secrets that are stored as such.</summary>
    /// <param name="withheld">Gets the variable that stands for each.</param>
    public EstateObject Withhold(EstateObject item, ICollection<string>? withheld = null) => Change(item, (variable, secret) =>
    {
        if (EstateReferences.Only(secret.Written))
        {
            return secret;
        }

        withheld?.Add(variable);
        return new(Reference(variable), secret.Mark);
    });

    /// <summary>The object as it is to be stored: where it has the reference that stands for a stored secret, that secret again.</summary>
    /// <param name="stored">The same object as it is now; null: it is new.</param>
    public EstateObject Restore(EstateObject item, EstateObject? stored, EstateResolver resolver)
    {
        if (stored is null)
        {
            return item;
        }

        // Two places may come to one variable; which of them is meant nobody can say, so neither is restored.
        var kept = new Dictionary<string, EstateScalar?>(StringComparer.Ordinal);
        Change(stored, (variable, secret) =>
        {
            if (!EstateReferences.Only(secret.Written))
            {
                kept[variable] = kept.ContainsKey(variable) ? null : secret;
            }

            return secret;
        });
        return Change(item, (variable, secret) =>
            secret.Written == Reference(variable) && kept.GetValueOrDefault(variable) is { } value && string.IsNullOrEmpty(resolver.Env(variable))
                ? new(value.Written, secret.Mark)
                : secret);
    }

    /// <summary>
    /// The object for whoever has no database: where a reference stands for a secret that the exporting server stores, and no such variable
    /// is set, a stand-in that counts as valid.
    /// </summary>
    /// <param name="unknown">Gets the variable and the place of each.</param>
    public EstateObject StandIn(EstateObject item, EstateResolver resolver, ICollection<(string Variable, Mark Mark)> unknown) => Change(item, (variable, secret) =>
    {
        if (secret.Written != Reference(variable) || !string.IsNullOrEmpty(resolver.Env(variable)))
        {
            return secret;
        }

        unknown.Add((variable, secret.Mark));
        return new(variable, secret.Mark, written: secret.Written) { IsStandIn = true };
    });

    /// <summary>Whether the object has a secret that is no reference; a reference's default in plain text is one too.</summary>
    public bool HasPlain(EstateObject item)
    {
        var found = false;
        Change(item, (_, secret) =>
        {
            found |= !EstateReferences.Only(secret.Written) || EstateReferences.WithoutDefaults(secret.Written) != secret.Written;
            return secret;
        });
        return found;
    }

    /// <summary>The object as it may be shown.</summary>
    public EstateObject Mask(EstateObject item) => Change(item, (_, secret) => new(
        EstateReferences.Only(secret.Written) ? EstateReferences.WithoutDefaults(secret.Written) : "(secret)", secret.Mark));

    /// <summary>The same object with every secret replaced by what <paramref name="change"/> makes of it and of its variable's name.</summary>
    public EstateObject Change(EstateObject item, Func<string, EstateScalar, EstateScalar> change) =>
        item with { Body = Change(item.Body, EstateTable.Kind(item.Kind).Shape, $"TOCSIN_{item.Kind}_{item.Name}", change) };

    private EstateMap Change(EstateMap map, MapShape shape, string place, Func<string, EstateScalar, EstateScalar> change) =>
        new([.. map.Entries.Select(e => e with { Value = Change(e, map, shape, $"{place}_{e.Key}", place, change) })], map.Mark);

    private EstateNode Change(EstateEntry entry, EstateMap map, MapShape shape, string place, string parent, Func<string, EstateScalar, EstateScalar> change)
    {
        var field = shape.Fields.FirstOrDefault(f => f.Key == entry.Key || f.Alias == entry.Key);
        return (entry.Value, field?.Shape) switch
        {
            (EstateScalar secret, _) when field?.Secret ?? IsSecretSetting(map, shape, entry.Key) => change(Variable(place), secret),
            (EstateMap inner, MapShape of) => Change(inner, of, place, change),
            (EstateList list, ListShape { Item: MapShape of }) => new EstateList(
                [.. list.Items.Select((item, i) => item is EstateMap m ? Change(m, of, $"{parent}_{NameOf(m) ?? $"{entry.Key}_{i}"}", change) : item)], list.Mark),
            (EstateList or EstateMap, null) when shape.Port != ProviderPort.None => new EstateMap([], entry.Value.Mark),
            _ => entry.Value,
        };
    }

    /// <summary>Of a provider that is not known, or named by a reference, every setting may be a secret.</summary>
    private bool IsSecretSetting(EstateMap map, MapShape shape, string key)
    {
        if (shape.Port == ProviderPort.None)
        {
            return false;
        }

        var info = map.TryText("type", out var type) ? providers.Find(shape.Port, type) : null;
        return info?.Settings.FirstOrDefault(s => s.Key == key) is not { Secret: false };
    }

    private static string? NameOf(EstateMap map) => map.TryText("name", out var name) ? name : null;

    private static string Variable(string place) =>
        string.Create(place.Length, place, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(text[i]) ? char.ToUpperInvariant(text[i]) : '_';
            }
        });

    private static string Reference(string variable) => $"${{env:{variable}}}";
}
