using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateDiffTests
{
    private const string Before = """
        users:
          - {name: ana, contact: [{name: hook, type: webhook, url: "http://example.test/1", secret: whsec_1}, {name: mail, type: email, address: a@example.test}]}
          - {name: bo, role: viewer}
        teams:
          - {name: gone}
          - {name: t, members: [ana, bo]}
        sources: [{name: eu, type: generic, key: literal-key-00000001}]
        """;

    private const string After = """
        users:
          - role: viewer
            name: "bo"
          - {name: ana, full_name: Ana, contact: [{name: mail, type: email, address: ana@example.test}, {name: hook, type: webhook, url: "http://example.test/1", secret: "${env:S:-whsec_2}"}]}
          - {name: chen}
        teams:
          - {name: t, members: [bo, ana]}
        sources: [{name: eu, type: generic, key: literal-key-00000002}]
        """;

    [Fact]
    public void The_plan_names_each_change_with_its_paths_and_shows_no_secret() =>
        Assert.Equal(
            """
            ~ user ana  (estate.yaml:6)
                full_name: added Ana
                contact[mail].address: a@example.test -> ana@example.test
                contact[hook].secret: (secret) -> ${env:S:-…}
            + user chen  (estate.yaml:7)
            - team gone  (estate.yaml:7)
            ~ team t  (estate.yaml:9)
                members: ["ana","bo"] -> ["bo","ana"]
            ~ source eu  (estate.yaml:10)
                key: changed
            workspace acme: 1 to create, 3 to update, 1 to delete, 1 unchanged

            """,
            Plan(Before, After).Render());

    [Fact]
    public void Order_of_keys_quoting_and_moved_lines_are_no_change() =>
        Assert.True(Plan("teams: [{name: t, members: [\"5\"]}]", "\n\nteams:\n  - members:\n      - 5\n    name: 't'\n").IsEmpty);

    [Fact]
    public void Another_order_of_named_entries_is_a_change()
    {
        const string one = "users: [{name: ana, contact: [{name: a, type: email, address: a@example.test}, {name: b, type: email, address: b@example.test}]}]";
        const string two = "users: [{name: ana, contact: [{name: b, type: email, address: b@example.test}, {name: a, type: email, address: a@example.test}]}]";

        Assert.Equal("contact order: a, b -> b, a", Assert.Single(Assert.Single(Plan(one, two).Changes).Edits).ToString());
    }

    [Fact]
    public void What_is_not_wanted_stays_unless_it_is_to_be_pruned()
    {
        var (current, desired) = (EstateBench.Objects("teams: [{name: a}, {name: b}]"), EstateBench.Objects("teams: [{name: a}]"));

        Assert.True(new EstateDiff(EstateBench.Secrets).Plan("acme", current, desired, _ => false).IsEmpty);
        Assert.Equal("b", Assert.Single(new EstateDiff(EstateBench.Secrets).Plan("acme", current, desired, _ => true).Changes, c => c.Action == EstateAction.Delete).Object.Name);
    }

    [Fact]
    public void When_a_file_takes_an_object_over_the_plan_says_so()
    {
        var file = EstateBench.Objects("teams: [{name: a}]");
        var people = file.Select(o => o with { Origin = null }).ToArray();

        Assert.Equal("managed by: people -> estate.yaml:3", Assert.Single(new EstateDiff(EstateBench.Secrets).Plan("acme", people, file, _ => false).Changes[0].Edits).ToString());
    }

    private static EstatePlan Plan(string before, string after) =>
        new EstateDiff(EstateBench.Secrets).Plan("acme", EstateBench.Objects(before), EstateBench.Objects(after), _ => true);
}
