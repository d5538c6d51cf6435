import type {
  Account,
  Annotation,
  App,
  CheckRun,
  CheckSuite,
  Installation,
  Issue,
  IssueComment,
  MergeGroup,
  Move,
  PullRequest,
  Reaction,
  Repository,
  Review,
  ReviewComment,
} from "./entities.ts";
import type { GitCommit, Signature } from "./git-objects.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Seconds, as GitHub's times have them. */
export function time(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

const node = (kind: string, id: number | string) => `${kind}_${id}`;

/** What GitHub answers about its things: complete enough for its own OpenAPI description. */
export class Answers {
  /** Without a slash at the end. */
  readonly api: string;
  readonly html: string;
  readonly #accounts = new Map<number, Json>();
  readonly #repositories = new Map<number, { readonly key: string; readonly json: Json }>();
  readonly #integrations = new Map<number, { readonly key: unknown; readonly json: Json }>();

  constructor(api: string, html: string) {
    this.api = api;
    this.html = html;
  }

  account(account: Account): Json {
    const known = this.#accounts.get(account.id);
    if (known !== undefined) return known;
    const { login, id, type } = account;
    const url = `${this.api}/users/${encodeURIComponent(login)}`;
    const page =
      type === "Bot" ? `${this.html}/apps/${login.replace(/\[bot\]$/, "")}` : `${this.html}/${login}`;
    const json = {
      login,
      id,
      node_id: node("U", id),
      avatar_url: `${this.html}/avatars/${id}`,
      gravatar_id: "",
      url,
      html_url: page,
      followers_url: `${url}/followers`,
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
      subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`,
      repos_url: `${url}/repos`,
      events_url: `${url}/events{/privacy}`,
      received_events_url: `${url}/received_events`,
      type,
      user_view_type: "public",
      site_admin: false,
    };
    this.#accounts.set(id, json);
    return json;
  }

  userProfile(account: Account): Json {
    return {
      ...this.account(account),
      name: account.login,
      company: null,
      blog: "",
      location: null,
      email: null,
      hireable: null,
      bio: null,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: time(account.createdAt),
      updated_at: time(account.createdAt),
    };
  }

  repositoryUrl(repository: Repository): string {
    return `${this.api}/repos/${repository.owner.login}/${repository.name}`;
  }

  repositoryPage(repository: Repository): string {
    return `${this.html}/${repository.owner.login}/${repository.name}`;
  }

  repository(repository: Repository): Json {
    const { id, owner, name, archived, defaultBranch, pushedAt, nextNumber } = repository;
    const open = [...repository.pulls.values()].filter(({ state }) => state === "open").length;
    const key = `${owner.login}/${name} ${archived} ${defaultBranch} ${pushedAt} ${nextNumber} ${open}`;
    const known = this.#repositories.get(id);
    if (known?.key === key) return known.json;
    const json = this.#repository(repository, open);
    this.#repositories.set(id, { key, json });
    return json;
  }

  #repository(repository: Repository, openIssues: number): Json {
    const { id, owner, name } = repository;
    const url = this.repositoryUrl(repository);
    const page = this.repositoryPage(repository);
    return {
      id,
      node_id: node("R", id),
      name,
      full_name: `${owner.login}/${name}`,
      private: repository.private,
      owner: this.account(owner),
      html_url: page,
      description: null,
      fork: repository.parent !== null,
      url,
      forks_url: `${url}/forks`,
      keys_url: `${url}/keys{/key_id}`,
      collaborators_url: `${url}/collaborators{/collaborator}`,
      teams_url: `${url}/teams`,
      hooks_url: `${url}/hooks`,
      issue_events_url: `${url}/issues/events{/number}`,
      events_url: `${url}/events`,
      assignees_url: `${url}/assignees{/user}`,
      branches_url: `${url}/branches{/branch}`,
      tags_url: `${url}/tags`,
      blobs_url: `${url}/git/blobs{/sha}`,
      git_tags_url: `${url}/git/tags{/sha}`,
      git_refs_url: `${url}/git/refs{/sha}`,
      trees_url: `${url}/git/trees{/sha}`,
      statuses_url: `${url}/statuses/{sha}`,
      languages_url: `${url}/languages`,
      stargazers_url: `${url}/stargazers`,
      contributors_url: `${url}/contributors`,
      subscribers_url: `${url}/subscribers`,
      subscription_url: `${url}/subscription`,
      commits_url: `${url}/commits{/sha}`,
      git_commits_url: `${url}/git/commits{/sha}`,
      comments_url: `${url}/comments{/number}`,
      issue_comment_url: `${url}/issues/comments{/number}`,
      contents_url: `${url}/contents/{+path}`,
      compare_url: `${url}/compare/{base}...{head}`,
      merges_url: `${url}/merges`,
      archive_url: `${url}/{archive_format}{/ref}`,
      downloads_url: `${url}/downloads`,
      issues_url: `${url}/issues{/number}`,
      pulls_url: `${url}/pulls{/number}`,
      milestones_url: `${url}/milestones{/number}`,
      notifications_url: `${url}/notifications{?since,all,participating}`,
      labels_url: `${url}/labels{/name}`,
      releases_url: `${url}/releases{/id}`,
      deployments_url: `${url}/deployments`,
      created_at: time(repository.createdAt),
      updated_at: time(repository.pushedAt),
      pushed_at: time(repository.pushedAt),
      git_url: `${page.replace(/^https?/, "git")}.git`,
      ssh_url: `git@${new URL(this.html).host}:${owner.login}/${name}.git`,
      clone_url: `${page}.git`,
      svn_url: page,
      homepage: null,
      size: 1,
      stargazers_count: 0,
      watchers_count: 0,
      language: null,
      has_issues: true,
      has_projects: true,
      has_downloads: true,
      has_wiki: true,
      has_pages: false,
      has_discussions: false,
      forks_count: 0,
      mirror_url: null,
      archived: repository.archived,
      disabled: false,
      open_issues_count: openIssues,
      license: null,
      allow_forking: true,
      is_template: false,
      web_commit_signoff_required: false,
      topics: [],
      visibility: repository.private ? "private" : "public",
      forks: 0,
      open_issues: openIssues,
      watchers: 0,
      default_branch: repository.defaultBranch,
    };
  }

  fullRepository(repository: Repository): Json {
    return {
      ...this.repository(repository),
      network_count: 0,
      subscribers_count: 0,
      ...(repository.parent === null || repository.parent.deleted
        ? {}
        : { parent: this.repository(repository.parent), source: this.repository(repository.parent) }),
    };
  }

  pullUrl(pull: PullRequest): string {
    return `${this.repositoryUrl(pull.repository)}/pulls/${pull.number}`;
  }

  pullPage(pull: PullRequest): string {
    return `${this.repositoryPage(pull.repository)}/pull/${pull.number}`;
  }

  /** As listings show it; `head` may be an older one (lag). */
  pull(pull: PullRequest, head: string, mergeCommit: string | null): Json {
    const { repository, headRepository, headRef, baseRef } = pull;
    const url = this.pullUrl(pull);
    const page = this.pullPage(pull);
    const issue = `${this.repositoryUrl(repository)}/issues/${pull.number}`;
    const statuses = `${this.repositoryUrl(repository)}/statuses/${head}`;
    const link = (href: string) => ({ href });
    return {
      url,
      id: pull.id,
      node_id: node("PR", pull.id),
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      issue_url: issue,
      number: pull.number,
      state: pull.state,
      locked: false,
      title: pull.title,
      user: this.account(pull.author),
      body: pull.body === "" ? null : pull.body,
      created_at: time(pull.createdAt),
      updated_at: time(pull.updatedAt),
      closed_at: pull.closedAt === null ? null : time(pull.closedAt),
      merged_at: pull.mergedAt === null ? null : time(pull.mergedAt),
      merge_commit_sha: pull.mergeCommit ?? mergeCommit,
      assignee: null,
      assignees: [],
      requested_reviewers: [],
      requested_teams: [],
      labels: [],
      milestone: null,
      draft: pull.draft,
      commits_url: `${url}/commits`,
      review_comments_url: `${url}/comments`,
      review_comment_url: `${this.repositoryUrl(repository)}/pulls/comments{/number}`,
      comments_url: `${issue}/comments`,
      statuses_url: statuses,
      head: this.#end(headRepository, headRef, head),
      base: this.#end(repository, baseRef, pull.baseSha),
      _links: {
        self: link(url),
        html: link(page),
        issue: link(issue),
        comments: link(`${issue}/comments`),
        review_comments: link(`${url}/comments`),
        review_comment: link(`${this.repositoryUrl(repository)}/pulls/comments{/number}`),
        commits: link(`${url}/commits`),
        statuses: link(statuses),
      },
      author_association: this.association(repository, pull.author),
      auto_merge: null,
      active_lock_reason: null,
    };
  }

  #end(repository: Repository, ref: string, sha: string): Json {
    return {
      label: `${repository.owner.login}:${ref}`,
      ref,
      sha,
      user: this.account(repository.owner),
      repo: repository.deleted ? null : this.repository(repository),
    };
  }

  association(repository: Repository, account: Account): string {
    if (repository.owner === account || repository.owner.owners.has(account)) return "OWNER";
    if (repository.owner.members.has(account)) return "MEMBER";
    if (repository.collaborators.has(account.id)) return "COLLABORATOR";
    return account.type === "Bot" ? "NONE" : "CONTRIBUTOR";
  }

  pullMinimal(pull: PullRequest): Json {
    const end = (repository: Repository, ref: string, sha: string) => ({
      ref,
      sha,
      repo: { id: repository.id, url: this.repositoryUrl(repository), name: repository.name },
    });
    return {
      url: this.pullUrl(pull),
      id: pull.id,
      number: pull.number,
      head: end(pull.headRepository, pull.headRef, pull.headMoves.at(-1)?.sha ?? ""),
      base: end(pull.repository, pull.baseRef, pull.baseSha),
    };
  }

  signature({ name, email, at }: Signature): Json {
    return { name, email, date: time(at) };
  }

  commit(
    repository: Repository,
    commit: GitCommit,
    who: { readonly author: Account | null; readonly committer: Account | null },
  ): Json {
    const url = this.repositoryUrl(repository);
    const page = this.repositoryPage(repository);
    const { sha } = commit;
    return {
      sha,
      node_id: node("C", sha),
      commit: {
        author: this.signature(commit.author),
        committer: this.signature(commit.committer),
        message: commit.message,
        tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
        url: `${url}/git/commits/${sha}`,
        comment_count: 0,
        verification: UNVERIFIED,
      },
      url: `${url}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
      comments_url: `${url}/commits/${sha}/comments`,
      author: who.author === null ? null : this.account(who.author),
      committer: who.committer === null ? null : this.account(who.committer),
      parents: this.#parents(repository, commit),
    };
  }

  gitCommit(repository: Repository, commit: GitCommit): Json {
    const url = this.repositoryUrl(repository);
    return {
      sha: commit.sha,
      node_id: node("C", commit.sha),
      url: `${url}/git/commits/${commit.sha}`,
      html_url: `${this.repositoryPage(repository)}/commit/${commit.sha}`,
      author: this.signature(commit.author),
      committer: this.signature(commit.committer),
      tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
      message: commit.message,
      parents: this.#parents(repository, commit),
      verification: UNVERIFIED,
    };
  }

  #parents(repository: Repository, { parents }: GitCommit): readonly Json[] {
    return parents.map((sha) => ({
      sha,
      url: `${this.repositoryUrl(repository)}/commits/${sha}`,
      html_url: `${this.repositoryPage(repository)}/commit/${sha}`,
    }));
  }

  /** As payloads of events show a commit. */
  eventCommit(repository: Repository, commit: GitCommit): Json {
    const person = ({ name, email }: Signature) => ({ name, email });
    return {
      id: commit.sha,
      tree_id: commit.tree,
      message: commit.message,
      timestamp: time(commit.committer.at),
      url: `${this.repositoryPage(repository)}/commit/${commit.sha}`,
      author: person(commit.author),
      committer: person(commit.committer),
    };
  }

  integration(app: App): Json {
    const known = this.#integrations.get(app.id);
    if (known !== undefined && known.key === app.permissions) return known.json;
    const json = {
      id: app.id,
      client_id: app.clientId,
      slug: app.slug,
      node_id: node("A", app.id),
      owner: this.account(app.owner),
      name: app.name,
      description: null,
      external_url: "https://example.com/",
      html_url: `${this.html}/apps/${app.slug}`,
      created_at: time(app.createdAt),
      updated_at: time(app.createdAt),
      permissions: app.permissions,
      events: app.events,
    };
    this.#integrations.set(app.id, { key: app.permissions, json });
    return json;
  }

  installation(installation: Installation): Json {
    const { id, app, account } = installation;
    const organisation = account.type === "Organization";
    const url = `${this.api}/app/installations/${id}`;
    return {
      id,
      client_id: app.clientId,
      account: this.account(account),
      repository_selection: installation.repositories === "all" ? "all" : "selected",
      access_tokens_url: `${url}/access_tokens`,
      repositories_url: `${this.api}/installation/repositories`,
      html_url: organisation
        ? `${this.html}/organizations/${account.login}/settings/installations/${id}`
        : `${this.html}/settings/installations/${id}`,
      app_id: app.id,
      app_slug: app.slug,
      target_id: account.id,
      target_type: organisation ? "Organization" : "User",
      permissions: installation.permissions,
      events: installation.events,
      created_at: time(installation.createdAt),
      updated_at: time(installation.createdAt),
      single_file_name: null,
      has_multiple_single_files: false,
      single_file_paths: [],
      suspended_by: null,
      suspended_at: installation.suspendedAt === null ? null : time(installation.suspendedAt),
    };
  }

  checkRun(run: CheckRun): Json {
    const url = `${this.repositoryUrl(run.repository)}/check-runs/${run.id}`;
    const page = `${this.repositoryPage(run.repository)}/runs/${run.id}`;
    return {
      id: run.id,
      name: run.name,
      node_id: node("CR", run.id),
      head_sha: run.headSha,
      external_id: run.externalId,
      url,
      html_url: page,
      details_url: run.detailsUrl,
      status: run.status,
      conclusion: run.conclusion,
      started_at: time(run.startedAt),
      completed_at: run.completedAt === null ? null : time(run.completedAt),
      output: {
        title: run.title,
        summary: run.summary,
        text: run.text,
        annotations_count: run.annotations.length,
        annotations_url: `${url}/annotations`,
      },
      check_suite: { id: run.suite.id },
      app: this.integration(run.app),
      pull_requests: this.pullsOf(run.repository, run.headSha),
    };
  }

  /** Open pull requests of this repository with this head; never those of forks (OpenAPI, "check-run"). */
  pullsOf(repository: Repository, head: string): readonly Json[] {
    const found: Json[] = [];
    for (const pull of repository.pulls.values()) {
      const own = pull.headRepository === repository && pull.state === "open";
      if (own && pull.headMoves.at(-1)?.sha === head) found.push(this.pullMinimal(pull));
    }
    return found;
  }

  annotation(run: CheckRun, annotation: Annotation): Json {
    return {
      path: annotation.path,
      blob_href: `${this.repositoryPage(run.repository)}/blob/${run.headSha}/${annotation.path}`,
      start_line: annotation.startLine,
      end_line: annotation.endLine,
      start_column: annotation.startColumn,
      end_column: annotation.endColumn,
      annotation_level: annotation.level,
      title: annotation.title,
      message: annotation.message,
      raw_details: annotation.rawDetails,
    };
  }

  checkSuite(suite: CheckSuite, runs: readonly CheckRun[], headCommit: GitCommit): Json {
    const url = `${this.repositoryUrl(suite.repository)}/check-suites/${suite.id}`;
    const done = runs.length > 0 && runs.every(({ status }) => status === "completed");
    return {
      id: suite.id,
      node_id: node("CS", suite.id),
      head_branch: suite.headBranch,
      head_sha: suite.headSha,
      status: done ? "completed" : runs.some(({ status }) => status !== "queued") ? "in_progress" : "queued",
      conclusion: done
        ? (runs.find(({ conclusion }) => conclusion !== "success")?.conclusion ?? "success")
        : null,
      url,
      before: suite.before,
      after: suite.headSha,
      pull_requests: this.pullsOf(suite.repository, suite.headSha),
      app: this.integration(suite.app),
      created_at: time(suite.createdAt),
      updated_at: time(suite.updatedAt),
      rerequestable: true,
      runs_rerequestable: true,
      latest_check_runs_count: runs.length,
      check_runs_url: `${url}/check-runs`,
      head_commit: this.eventCommit(suite.repository, headCommit),
      repository: this.repository(suite.repository),
    };
  }

  issueComment(comment: IssueComment): Json {
    const { repository, id, number } = comment;
    const url = this.repositoryUrl(repository);
    const kind = repository.pulls.has(number) ? "pull" : "issues";
    return {
      url: `${url}/issues/comments/${id}`,
      html_url: `${this.repositoryPage(repository)}/${kind}/${number}#issuecomment-${id}`,
      issue_url: `${url}/issues/${number}`,
      id,
      node_id: node("IC", id),
      user: this.account(comment.author),
      created_at: time(comment.createdAt),
      updated_at: time(comment.updatedAt),
      body: comment.body,
      author_association: this.association(repository, comment.author),
      reactions: this.#rollup(`${url}/issues/comments/${id}/reactions`, comment.reactions),
      performed_via_github_app: comment.app === null ? null : this.integration(comment.app),
    };
  }

  #rollup(url: string, reactions: readonly Reaction[]): Json {
    const count = (content: string) => reactions.filter((reaction) => reaction.content === content).length;
    return {
      url,
      total_count: reactions.length,
      "+1": count("+1"),
      "-1": count("-1"),
      laugh: count("laugh"),
      hooray: count("hooray"),
      confused: count("confused"),
      heart: count("heart"),
      rocket: count("rocket"),
      eyes: count("eyes"),
    };
  }

  reaction(reaction: Reaction): Json {
    return {
      id: reaction.id,
      node_id: node("RE", reaction.id),
      user: this.account(reaction.author),
      content: reaction.content,
      created_at: time(reaction.createdAt),
    };
  }

  issue(issue: Issue | PullRequest, repository: Repository): Json {
    const url = `${this.repositoryUrl(repository)}/issues/${issue.number}`;
    const isPull = "headRef" in issue;
    const page = isPull ? this.pullPage(issue) : `${this.repositoryPage(repository)}/issues/${issue.number}`;
    return {
      url,
      repository_url: this.repositoryUrl(repository),
      labels_url: `${url}/labels{/name}`,
      comments_url: `${url}/comments`,
      events_url: `${url}/events`,
      html_url: page,
      id: issue.id + 1,
      node_id: node("I", issue.id + 1),
      number: issue.number,
      title: issue.title,
      user: this.account(issue.author),
      labels: [],
      state: issue.state,
      locked: false,
      assignee: null,
      assignees: [],
      milestone: null,
      comments: repository.issues.get(issue.number)?.comments.length ?? 0,
      created_at: time(issue.createdAt),
      updated_at: time(issue.createdAt),
      closed_at: null,
      author_association: this.association(repository, issue.author),
      active_lock_reason: null,
      ...(isPull
        ? {
            draft: issue.draft,
            pull_request: {
              url: this.pullUrl(issue),
              html_url: page,
              diff_url: `${page}.diff`,
              patch_url: `${page}.patch`,
              merged_at: issue.mergedAt === null ? null : time(issue.mergedAt),
            },
          }
        : {}),
      body: null,
      reactions: this.#rollup(`${url}/reactions`, []),
      performed_via_github_app: null,
      state_reason: null,
    };
  }

  review(pull: PullRequest, review: Review): Json {
    const page = `${this.pullPage(pull)}#pullrequestreview-${review.id}`;
    return {
      id: review.id,
      node_id: node("PRR", review.id),
      user: this.account(review.author),
      body: review.body,
      state: review.state,
      html_url: page,
      pull_request_url: this.pullUrl(pull),
      author_association: this.association(pull.repository, review.author),
      _links: { html: { href: page }, pull_request: { href: this.pullUrl(pull) } },
      submitted_at: time(review.submittedAt),
      commit_id: review.commit,
    };
  }

  /** `line` = where it stands at the newest head; null = outdated. */
  reviewComment(comment: ReviewComment, line: number | null, head: string): Json {
    const { pull, id } = comment;
    const url = `${this.repositoryUrl(pull.repository)}/pulls/comments/${id}`;
    const page = `${this.pullPage(pull)}#discussion_r${id}`;
    const moved = line === null ? 0 : line - comment.line;
    return {
      url,
      pull_request_review_id: comment.review,
      id,
      node_id: node("PRRC", id),
      diff_hunk: comment.diffHunk,
      path: comment.path,
      commit_id: line === null ? comment.commit : head,
      original_commit_id: comment.commit,
      user: this.account(comment.author),
      body: comment.body,
      created_at: time(comment.createdAt),
      updated_at: time(comment.updatedAt),
      html_url: page,
      pull_request_url: this.pullUrl(pull),
      author_association: this.association(pull.repository, comment.author),
      _links: { self: { href: url }, html: { href: page }, pull_request: { href: this.pullUrl(pull) } },
      reactions: this.#rollup(`${url}/reactions`, comment.reactions),
      start_line: comment.startLine === null || line === null ? null : comment.startLine + moved,
      original_start_line: comment.startLine,
      start_side: comment.startSide,
      line,
      original_line: comment.line,
      side: comment.side,
      original_position: 1,
      position: line === null ? null : 1,
      subject_type: "line",
      ...(comment.replyTo === null ? {} : { in_reply_to_id: comment.replyTo }),
    };
  }

  reference(repository: Repository, name: string, sha: string): Json {
    const url = this.repositoryUrl(repository);
    return {
      ref: `refs/${name}`,
      node_id: node("REF", `${repository.id}:${name}`),
      url: `${url}/git/refs/${name}`,
      object: { sha, type: "commit", url: `${url}/git/commits/${sha}` },
    };
  }

  activity(move: Move, ref: string): Json {
    return {
      id: move.id,
      node_id: node("PSH", move.id),
      before: move.before ?? "0".repeat(40),
      after: move.after ?? "0".repeat(40),
      ref: `refs/${ref}`,
      timestamp: time(move.at),
      activity_type: move.activity,
      actor: this.account(move.actor),
    };
  }

  mergeGroup(group: MergeGroup, headCommit: GitCommit): Json {
    return {
      head_sha: group.headSha,
      head_ref: `refs/heads/${group.headRef}`,
      base_sha: group.baseSha,
      base_ref: `refs/heads/${group.baseRef}`,
      head_commit: this.eventCommit(group.repository, headCommit),
    };
  }
}

const UNVERIFIED = {
  verified: false,
  reason: "unsigned",
  signature: null,
  payload: null,
  verified_at: null,
} as const;
