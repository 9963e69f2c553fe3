using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateSecretsTests
{
    private const string Estate = """
        users:
          - name: ana.b
            contact:
              - {name: hook, type: webhook, url: "http://example.test/x", secret: whsec_literal}
              - {name: own, type: webhook, url: "http://example.test/y", secret: "${env:OWN_SECRET:-whsec_default}"}
              - {name: mixed, type: ntfy, url: "http://example.test", topic: t, token: "tk_${env:REST}"}
        channels:
          - {name: ops, type: slack, url: "https://hooks.slack.com/services/T/B/literal"}
        sources:
          - {name: eu, type: grafana, key: literal-key-00000001, hmac_secret: literal-hmac}
        """;

    [Fact]
    public void Stored_secrets_leave_as_references_named_after_their_place()
    {
        var yaml = Export(EstateBench.Objects(Estate));

        Assert.DoesNotContain("literal", yaml, StringComparison.Ordinal);
        Assert.DoesNotContain("tk_", yaml, StringComparison.Ordinal);
        Assert.Contains("secret: \"${env:TOCSIN_USER_ANA_B_HOOK_SECRET}\"", yaml, StringComparison.Ordinal);
        Assert.Contains("token: \"${env:TOCSIN_USER_ANA_B_MIXED_TOKEN}\"", yaml, StringComparison.Ordinal);
        Assert.Contains("url: \"${env:TOCSIN_CHANNEL_OPS_URL}\"", yaml, StringComparison.Ordinal);
        Assert.Contains("key: \"${env:TOCSIN_SOURCE_EU_KEY}\"", yaml, StringComparison.Ordinal);
        Assert.Contains("#   TOCSIN_SOURCE_EU_HMAC_SECRET\n", yaml, StringComparison.Ordinal);
        Assert.Contains("secret: \"${env:OWN_SECRET:-whsec_default}\"", yaml, StringComparison.Ordinal);
        Assert.Contains("url: http://example.test/x\n", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public void Coming_back_to_the_same_installation_they_mean_the_stored_secrets()
    {
        var stored = EstateBench.Objects(Estate);
        var back = EstateFiles.Parse(Export(stored), "export.yaml").Objects;
        var restored = back.Select(o => EstateBench.Secrets.Restore(o, stored.Single(s => s.Key == o.Key), EstateBench.Resolver())).ToArray();

        Assert.All(restored, o => Assert.True(EstateNode.Same(o.Body, stored.Single(s => s.Key == o.Key).Body), $"{o.Key}"));
        Assert.True(new EstateDiff(EstateBench.Secrets).Plan("acme", stored, restored, _ => true).IsEmpty);
    }

    [Fact]
    public void A_variable_that_is_set_wins_over_the_stored_secret()
    {
        var stored = EstateBench.Objects(Estate).Single(o => o.Kind == "source");
        var back = EstateBench.Secrets.Withhold(stored);

        Assert.Equal("${env:TOCSIN_SOURCE_EU_KEY}", Key(EstateBench.Secrets.Restore(back, stored, EstateBench.Resolver(("TOCSIN_SOURCE_EU_KEY", "new-key-0000000000001")))));
        Assert.Equal("literal-key-00000001", Key(EstateBench.Secrets.Restore(back, stored, EstateBench.Resolver())));
        Assert.Equal("${env:TOCSIN_SOURCE_EU_KEY}", Key(EstateBench.Secrets.Restore(back, null, EstateBench.Resolver())));
    }

    [Fact]
    public void Where_two_places_come_to_one_variable_neither_secret_is_given_back()
    {
        var stored = EstateBench.Objects("""
            users:
              - name: ana
                contact:
                  - {name: a.b, type: webhook, url: "http://example.test/1", secret: whsec_1}
                  - {name: a-b, type: webhook, url: "http://example.test/2", secret: whsec_2}
            """)[0];

        Assert.DoesNotContain("whsec", EstateJson.Write(EstateBench.Secrets.Restore(EstateBench.Secrets.Withhold(stored), stored, EstateBench.Resolver()).Body), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_an_unknown_provider_every_setting_is_withheld()
    {
        var item = EstateBench.Objects("channels: [{name: c, type: pigeon, loft: north}, {name: d, type: \"${env:T}\", url: x, more: [y]}]");

        Assert.DoesNotContain("north", Export(item), StringComparison.Ordinal);
        Assert.DoesNotContain("url: x", Export(item), StringComparison.Ordinal);
        Assert.DoesNotContain("y]", Export(item), StringComparison.Ordinal);
    }

    private static string Export(IEnumerable<EstateObject> objects) => new EstateYaml(EstateBench.Secrets).Write(objects);

    private static string Key(EstateObject source) => ((EstateScalar)source.Body.Find("key")!).Written;
}
